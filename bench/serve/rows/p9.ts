/** @file P9: beside a server as it is usually written in Python (bench/peers/serving_peer.py), on the same core, with the same model and policy. */
import { join } from 'node:path';
import { pythonOf } from '../../peers/python.js';
import { CORES } from '../pinned.js';
import { ENCODERS, type Row, type Weight } from '../row.js';
import { startOn } from '../started.js';
import { say, spreadOf } from '../statistics.js';
import { ask, checkAllAnswered, loadOf } from '../throughput.js';

const PROGRAM = join(import.meta.dirname, '../../peers/serving_peer.py');

function peerRow({ name, weight, items, goal }: { name: string; weight: Weight; items: number; goal: number }): Row {
  return {
    name,
    title: `${weight} model, binary, ${items} image${items === 1 ? '' : 's'} a request, 32 connections: requests in a second beside FastAPI, uvicorn and Python's onnxruntime`,
    goal: `≥ ${goal.toFixed(1)} times, p99 no longer`,
    async measure(lab) {
      const found = pythonOf('serving');
      if ('absent' in found) return { measured: `not measured: ${found.absent}`, reached: null };
      const ours = await lab.serve(weight);
      const peer = lab.keep(await startOn(CORES.server, [found.python, PROGRAM, lab.file(weight, 'classifier'), '--name', ENCODERS[weight]]));
      const load = { form: 'binary' as const, items, connections: 32 };
      for (const server of [ours, peer]) await ask(lab, { ...loadOf(server, weight, load), seconds: Math.min(lab.window, 5) });
      const ratios: number[] = [];
      const tails: number[] = [];
      for (let i = 0; i < lab.windows; i++) {
        const mine = await ask(lab, { ...loadOf(ours, weight, load), seconds: lab.window });
        const theirs = await ask(lab, { ...loadOf(peer, weight, load), seconds: lab.window });
        for (const report of [mine, theirs]) checkAllAnswered(report);
        ratios.push(mine.rate / theirs.rate);
        tails.push(mine.accepted.p99 / theirs.accepted.p99);
        lab.note(
          `${name}: ${mine.rate.toFixed(0)}/s and ${theirs.rate.toFixed(0)}/s, p99 ${mine.accepted.p99.toFixed(1)} and ${theirs.accepted.p99.toFixed(1)} ms`,
        );
      }
      const [ratio, tail] = [spreadOf(ratios), spreadOf(tails)];
      return { measured: `${say(ratio)} times; p99 ${say(tail)} times theirs`, reached: ratio.median >= goal && tail.median <= 1 };
    },
  };
}

export const p9 = peerRow({ name: 'P9', weight: 'light', items: 1, goal: 1.3 });
export const p9Heavy = peerRow({ name: 'P9-heavy', weight: 'heavy', items: 1, goal: 1 });
export const p9Batches = peerRow({ name: 'P9-batches', weight: 'light', items: 32, goal: 1 });
