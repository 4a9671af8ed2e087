/** @file O1 and O2: overload costs little of what can be done, and those who are turned away hear so at once. */
import { burst, openOverloadable } from '../overload.js';
import type { Row, Weight } from '../row.js';

function overloadRow({ name, weight, times, goodput }: { name: string; weight: Weight; times: number; goodput: number }): Row {
  return {
    name,
    title: `${weight} model, requests of 1 image at ${times} times what can be done`,
    goal: `answered ≥ ${goodput.toFixed(2)} of the peak; accepted p99 within the bound of the queue and a batch; refused p99 ≤ 50 ms; every refusal 429 with both headers`,
    async measure(lab) {
      const overloadable = await openOverloadable(lab, weight);
      const { peak, longest } = overloadable;
      const { rate, accepted, refused, statuses, mute } = await burst(lab, overloadable, times, 3 * lab.window);
      const strange = Object.keys(statuses).filter((status) => status !== '200' && status !== '429');
      const share = rate / peak;
      return {
        measured: `${share.toFixed(2)} of ${peak.toFixed(0)}/s; accepted p99 ${accepted.p99.toFixed(0)} ms (bound ${longest.toFixed(0)}); refused p99 ${refused.p99.toFixed(1)} ms; ${JSON.stringify(statuses)}, ${mute} without the headers`,
        reached: share >= goodput && accepted.p99 <= longest && refused.p99 <= 50 && strange.length === 0 && mute === 0,
      };
    },
  };
}

export const o1 = overloadRow({ name: 'O1', weight: 'light', times: 2, goodput: 0.92 });
export const o1Heavy = overloadRow({ name: 'O1-heavy', weight: 'heavy', times: 2, goodput: 0.92 });
export const o2 = overloadRow({ name: 'O2', weight: 'light', times: 4, goodput: 0.5 });
export const o2Heavy = overloadRow({ name: 'O2-heavy', weight: 'heavy', times: 4, goodput: 0.7 });
