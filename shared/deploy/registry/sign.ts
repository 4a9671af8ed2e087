/** @file robenc models sign. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT, RobencError } from '../../errors.js';
import { writeFileAtomic } from '../../files.js';
import { MANIFEST_FILE, SIGNATURE_FILE } from '../../package/layout.js';
import { readPrivateKey, signatureText } from '../../package/signature.js';
import { verifyPackage } from '../verify-package.js';
import { needModel, placeOf, type Action } from './action.js';

export const sign: Action = {
  name: 'sign',
  usage: '<model> --key <file>',
  summary: 'sign the manifest of a package, after it was verified, with an ed25519 key',
  async run(options, context) {
    const model = needModel('sign', options);
    if (options.key === undefined)
      throw new RobencError(
        'usage',
        'Give the private key with --key. `openssl genpkey -algorithm ed25519 -out key.pem` makes one, and `openssl pkey -in key.pem -pubout` its public half.',
        {
          field: 'key',
        },
      );
    const key = readPrivateKey(resolve(context.cwd, options.key));
    const { opened } = await verifyPackage(...placed(placeOf(model, options, context.cwd)));
    const path = join(opened.folder, SIGNATURE_FILE);
    writeFileAtomic(path, signatureText(readFileSync(join(opened.folder, MANIFEST_FILE)), key));
    context.stdout(`Signed ${opened.name}@${opened.version}: ${path}`);
    context.result({ name: opened.name, version: opened.version, digest: opened.digest, signature: path });
    return EXIT.done;
  },
};

function placed([folder, reference]: readonly [string, string?]): [string, string | undefined] {
  return [folder, reference];
}
