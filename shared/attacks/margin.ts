/** @file The losses of AutoAttack besides cross-entropy, as numbers that an oracle is given. */
import { RobencError } from '../errors.js';
import type { MarginLoss, Oracle } from './attack.js';

/** z_target - z_label; what FAB linearises. */
export const plainMargin: MarginLoss = { weights: [0, 0, 0, 0], floor: 1 };

/** -(z_y - max z_i) / (z(1) - z(3)); below three classes there is no z(3), and the plain margin takes its place. */
export function dlr(classes: number): MarginLoss {
  return classes < 3 ? plainMargin : { weights: [1, 0, -1, 0], floor: 1e-12 };
}

/** -(z_y - z_t) / (z(1) - (z(3) + z(4))/2); below four classes the plain margin takes its place. */
export function targetedDlr(classes: number): MarginLoss {
  return classes < 4 ? plainMargin : { weights: [1, 0, -0.5, -0.5], floor: 1e-12 };
}

/** The oracle's gradients of margins. Throws `unsupported` where it has none. */
export function marginsOf(oracle: Oracle, attack: string): NonNullable<Oracle['marginAndGradient']> {
  if (oracle.marginAndGradient === undefined)
    throw new RobencError(
      'unsupported',
      `The attack ${attack} needs gradients of margins, which this model does not offer here. Choose pgd, or use robenc audit.`,
    );
  return (x, labels, targets, loss) => oracle.marginAndGradient!(x, labels, targets, loss);
}

/** The class ranked `rank`-th (2: the runner-up) in a row of logits; the lower index wins a tie. */
export function rankedClass(logits: Float32Array, rank: number): number {
  return [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b)[rank - 1]!;
}
