/** @file The devices that a model may run on, and the execution providers of ONNX Runtime that stand for them. */
import { table } from '../table.js';
import type { DeviceName, DeviceRequest } from './types.js';

export interface Device {
  readonly name: DeviceName;
  /** As ONNX Runtime calls it. What a provider cannot run goes to the CPU, node by node. */
  readonly provider: string;
  /** What to do when it does not work, one sentence. */
  readonly remedy: string;
  /** Two threads of one process may use it at once. Two WebGPU sessions in two threads crash the process. */
  readonly manyThreads: boolean;
}

export const devices = table<Device>('device', [
  { name: 'cpu', provider: 'cpu', manyThreads: true, remedy: 'Install the packages again with "npm ci".' },
  {
    name: 'cuda',
    provider: 'cuda',
    manyThreads: true,
    remedy:
      'It needs Linux x64, an NVIDIA GPU with its driver, CUDA 12 and cuDNN 9, and this once: node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12.',
  },
  {
    name: 'webgpu',
    provider: 'webgpu',
    manyThreads: false,
    remedy: 'It needs a GPU with a Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows) driver.',
  },
]);

/** The devices to try for a request, best first. The CPU is always the last. */
export function candidates(request: DeviceRequest): readonly Device[] {
  const names: readonly DeviceName[] = request === 'auto' ? ['cuda', 'cpu'] : request === 'cpu' ? ['cpu'] : [devices.get(request).name, 'cpu'];
  return names.map((name) => devices.get(name));
}
