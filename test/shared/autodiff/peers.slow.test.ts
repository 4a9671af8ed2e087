/** @file Input gradients of models from other frameworks' exporters, against what those frameworks compute themselves. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, limitOf, type GradientCase } from '../../../bench/peers/gradient-case.js';
import { linesOf, pythonOf } from '../../../bench/peers/python.js';
import { skip } from '../../skip.js';

/** One of each kind of architecture; `npm run bench gradients` has all. */
const MODELS = [
  'tv_resnet18',
  'tv_resnext50_32x4d',
  'tv_vgg11_bn',
  'tv_densenet121',
  'tv_googlenet',
  'tv_inception_v3',
  'tv_mobilenet_v3_small',
  'tv_shufflenet_v2_x0_5',
  'tv_squeezenet1_1',
  'tv_efficientnet_b0',
  'tv_regnet_y_400mf',
  'tv_swin',
  'tv_swin_v2',
  'tv_maxvit',
  'tv_vit',
  'timm_convnext_atto',
  'timm_convnextv2_atto',
  'timm_tf_efficientnetv2_b0',
  'timm_nf_regnet_b0',
  'timm_ghostnet_100',
  'timm_mixer_s32',
  'timm_deit_tiny_distilled',
  'timm_vit_dinov2_small',
  'timm_mobilevit_xxs',
  'timm_poolformer_s12',
  'timm_hrnet_w18_small',
  'timm_davit_tiny',
  'timm_fastvit_t8',
  'hf_clip_vision',
  'hf_dinov2',
];

/** Over all models: most are smooth where they are tried. */
const MEDIAN = 2e-6;

describe('gradients of models exported from PyTorch, both exporters', function () {
  // The exporters take seconds for each model, and minutes on a machine that is busy.
  this.timeout(90 * 60_000);

  it(`${MODELS.length} models of as many families are within max(1e-4, 5 times PyTorch's own float32 error), the median within ${MEDIAN}`, async function () {
    const peer = pythonOf('torch');
    if ('absent' in peer) return skip(this, peer.absent);
    const kept = process.env['ROBENC_PEER_CASES'];
    const folder = kept ?? mkdtempSync(join(tmpdir(), 'robenc-cases-'));
    mkdirSync(folder, { recursive: true });
    try {
      const errors: number[] = [];
      const problems: string[] = [];
      for await (const line of linesOf(peer.python, 'make_cases.py', [folder, '--only', `^(${MODELS.join('|')})-`])) {
        const entry = line as GradientCase;
        const title = `${entry.model} (${entry.exporter})`;
        if (entry.refused !== undefined) continue;
        if (entry.failed !== undefined) problems.push(`${title}: no reference, ${entry.failed}`);
        else {
          const { gradient } = await compare(entry);
          errors.push(gradient);
          if (!(gradient <= limitOf(entry))) problems.push(`${title}: ${gradient.toExponential(2)} instead of ${limitOf(entry).toExponential(2)}`);
        }
        if (kept === undefined) rmSync(entry.folder, { recursive: true });
      }
      assert.deepEqual(problems, []);
      assert.ok(errors.length >= 1.8 * MODELS.length, `only ${errors.length} files came out of the exporters`);
      const middle = errors.sort((a, b) => a - b)[Math.floor(errors.length / 2)]!;
      assert.ok(middle <= MEDIAN, `the median is ${middle.toExponential(2)}`);
    } finally {
      if (kept === undefined) rmSync(folder, { recursive: true });
    }
  });
});
