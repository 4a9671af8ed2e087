/** @file SHA256SUMS: the digests of a package for people and for `sha256sum -c`. */
import type { Manifest, ManifestFile } from '../config/manifest.js';
import { MANIFEST_FILE } from './layout.js';

/** Every file that a manifest lists, those of variants included. */
export function listedFiles(manifest: Pick<Manifest, 'files' | 'variants'>): readonly ManifestFile[] {
  const variants = Object.values(manifest.variants ?? {}).flatMap(({ files }) => Object.values(files));
  return [...Object.values(manifest.files), ...variants];
}

/** The text of the file; `digest` is that of the manifest. */
export function sumsText(manifest: Pick<Manifest, 'files' | 'variants'>, digest: string): string {
  const lines = [{ path: MANIFEST_FILE, sha256: digest }, ...listedFiles(manifest)].map(({ path, sha256 }) => `${sha256}  ${path}`);
  return `${lines.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join('\n')}\n`;
}
