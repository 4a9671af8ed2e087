/** @file What it means to run a model: sessions, their ports, and the devices that they run on. */
import type { DType, TensorData } from '../graph/value.js';

export type DeviceName = 'cpu' | 'cuda' | 'webgpu';
/** `auto` is CUDA where it works, else the CPU. WebGPU is only used when asked for: its sums differ from the CPU's in the last digits. */
export type DeviceRequest = DeviceName | 'auto';

/** One input or output of a model. A shape holds sizes, and symbols such as `batch` that take their size from what is given. */
export interface PortInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

export type Tensors = Readonly<Record<string, TensorData>>;

/** A model that is ready to run. One run at a time; a second waits for the first. */
export interface Session {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /** The device that is really used. */
  readonly device: DeviceName;
  /** Why this is another device than was asked for, in words for people; null where it is the same. */
  readonly notice: string | null;
  /**
   * The outputs (all, or the named ones) for a value of every input. Feeds are not changed and may be reused afterwards, unless they are given away; outputs are fresh.
   * Throws `bad-input` for a missing, unknown or ill-shaped feed, `usage` for an unknown output, `cancelled` after `close()`.
   */
  run(feeds: Tensors, outputs?: readonly string[], options?: RunOptions): Promise<Record<string, TensorData>>;
  /** Waits for the run that is under way, then frees everything. May be called twice. */
  close(): Promise<void>;
}

export interface RunOptions {
  /**
   * Feeds of which each has memory of its own are given away: a session in another thread takes them instead of copying them, and this hears of the memory
   * that is free again once they were used. That of a run that fails may not come back.
   */
  readonly reclaim?: (memory: ArrayBuffer) => void;
}

export interface SessionOptions {
  /** Default: `cpu`. */
  readonly device?: DeviceRequest;
  /** Threads inside one run. Default: all cores of this machine. */
  readonly threads?: number;
  /** Refuse (`unavailable`) where the device does not work, instead of using the CPU with a notice. Default: false. */
  readonly strict?: boolean;
}
