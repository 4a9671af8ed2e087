/** @file The operator sets that a file, or a function in it, asks for. */
import { RobencError } from '../../errors.js';
import type { OperatorSetIdProto } from '../../proto/onnx.js';
import { READ } from '../opset.js';

/** `ai.onnx` is a longer name of ONNX's own domain. */
export function domainOf(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** Version by domain. Throws `bad-file` where none is named. */
export function readOpsets(imports: readonly OperatorSetIdProto[], source: string): ReadonlyMap<string, number> {
  const opsets = new Map(imports.map(({ domain, version }) => [domainOf(domain), version]));
  if (opsets.size === 0) throw new RobencError('bad-file', `${source} does not say which operator set it uses. Export it again.`);
  checkVersions(opsets, source);
  return opsets;
}

/** Throws `unsupported` where ONNX's own operator set is one that robenc does not read. */
export function checkVersions(opsets: ReadonlyMap<string, number>, source: string): void {
  const version = opsets.get('');
  if (version !== undefined && (version < READ.oldest || version > READ.newest))
    throw new RobencError('unsupported', `${source} has operator set ${version}; robenc reads ${READ.oldest} to ${READ.newest}. Export it with another one.`);
}

/** The version that counts for a node. Throws `bad-file` for a node of ONNX's own domain where no version of that is named. */
export function versionOf(opsets: ReadonlyMap<string, number>, domain: string, source: string): number {
  const version = opsets.get(domain);
  if (version === undefined && domain === '')
    throw new RobencError('bad-file', `${source} uses ONNX's own operators and does not say which set of them. Export it again.`);
  return version ?? 1;
}
