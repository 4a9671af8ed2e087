/** @file robenc models verify. */
import { resolve } from 'node:path';
import { EXIT, messageOf, RobencError } from '../../errors.js';
import { listPackages } from '../../package/list.js';
import { readPublicKey, type Trust } from '../../package/signature.js';
import { verifyPackage } from '../verify-package.js';
import { placeOf, type Action, type ActionOptions } from './action.js';

function trustOf({ publicKey, requireSignature }: ActionOptions, cwd: string): Trust | undefined {
  if (publicKey.length === 0 && !requireSignature) return undefined;
  // Who names a key wants to know that it has signed.
  return { keys: publicKey.map((path) => readPublicKey(resolve(cwd, path))), required: true };
}

export const verify: Action = {
  name: 'verify',
  usage: '[model]',
  summary: 'check digests, signature, every graph and its golden outputs, of one package or of all; exit code 1 when one is not as it was made',
  async run(options, context) {
    const trust = trustOf(options, context.cwd);
    const places =
      options.model === undefined
        ? listPackages(options.models).map(({ name, version }) => [options.models, `${name}@${version}`] as const)
        : [placeOf(options.model, options, context.cwd)];
    const results: object[] = [];
    let failed = 0;
    for (const [folder, reference] of places) {
      const what = reference ?? folder;
      try {
        const { opened, golden, variants } = await verifyPackage(folder, reference, { trust, device: options.device });
        const worst = Object.values(golden).filter((value): value is number => value !== null);
        context.stdout(
          `${opened.name}@${opened.version}: as it was made; ${Object.keys(golden).length + variants} graphs, ${worst.length === 0 ? 'no golden outputs' : `golden outputs within ${Math.max(...worst).toExponential(1)}`}`,
        );
        results.push({ package: what, ok: true, digest: opened.digest, golden });
      } catch (cause) {
        // Whatever is wrong with one package, the others are looked at too.
        if (!(cause instanceof RobencError) || cause.code === 'cancelled' || (cause.code === 'usage' && cause.field === 'publicKey')) throw cause;
        failed++;
        context.stdout(`${what}: ${messageOf(cause)}`);
        results.push({ package: what, ok: false, error: messageOf(cause) });
      }
    }
    if (places.length === 0) context.stdout(`No model packages in ${options.models}.`);
    context.result({ checked: results.length, failed, packages: results });
    return failed > 0 ? EXIT.belowThreshold : EXIT.done;
  },
};
