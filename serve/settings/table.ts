/** @file Every setting of the server: flag, environment variable and field of the configuration file in one. */
import type { OptionSpec } from '@robenc/shared/config/command.js';
import { DEFAULT_LIMITS, IMAGES_ALLOWED } from '../limits.js';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** `default` is what holds where nothing is given anywhere; settings without one are off. */
export const SETTINGS = {
  models: { type: 'string', value: 'dir', default: 'models', description: 'folder of model packages' },
  model: { type: 'list', value: 'names', description: 'serve only these: name, name@version or name@label' },
  host: { type: 'string', default: '127.0.0.1', description: 'address to listen on; 0.0.0.0 for all' },
  port: { type: 'number', default: 8080, integer: true, minimum: 0, maximum: 65_535, description: 'port to listen on; 0 for any free one' },
  workers: {
    type: 'number',
    integer: true,
    minimum: 1,
    maximum: 256,
    description: 'batches that are computed at the same time; one less than there are cores, and one on a GPU',
  },
  device: { type: 'string', choices: ['auto', 'cpu', 'cuda', 'webgpu'], default: 'auto', description: 'where models run' },
  batch: { type: 'number', default: 32, integer: true, minimum: 1, maximum: 1024, description: 'the most images or crops in one batch' },
  queueLimit: {
    type: 'number',
    default: DEFAULT_LIMITS.queueLimit,
    integer: true,
    minimum: 1,
    description: 'images and crops in work at once; beyond it requests are answered with 429',
  },
  queueBytes: { type: 'string', value: 'size', default: '256mb', description: 'bytes of bodies in the house at once' },
  maxBody: { type: 'string', value: 'size', default: '16mb', description: 'largest body, such as 16mb or 512kb' },
  maxPixels: { type: 'number', default: DEFAULT_LIMITS.maxPixels, integer: true, minimum: 1, description: 'most pixels of an image' },
  maxImages: {
    type: 'number',
    default: DEFAULT_LIMITS.maxImages,
    integer: true,
    minimum: 1,
    maximum: IMAGES_ALLOWED,
    description: 'most images of a request',
  },
  timeout: {
    type: 'number',
    value: 'seconds',
    default: DEFAULT_LIMITS.timeoutMs / 1000,
    minimum: 0.001,
    maximum: 86_400,
    description: 'time after which a request is given up with 504; a client may ask for less',
  },
  backgroundShare: {
    type: 'number',
    default: 0.2,
    minimum: 0.01,
    maximum: 0.99,
    description: 'part of computing time for robustness checks while other requests wait',
  },
  keys: { type: 'string', value: 'file', description: 'JSON file of API keys and their scopes; without it anyone may infer, and nobody administrate' },
  rate: { type: 'number', value: 'requests', integer: true, minimum: 1, description: 'requests that a key or address may send in a minute' },
  cors: { type: 'list', value: 'origins', description: 'origins whose scripts may use the server, such as https://example.org; * for all' },
  tlsCert: { type: 'string', value: 'file', description: 'certificate chain (PEM); with --tls-key the server speaks HTTPS' },
  tlsKey: { type: 'string', value: 'file', description: 'private key (PEM)' },
  reload: {
    type: 'number',
    value: 'seconds',
    default: 2,
    minimum: 0,
    maximum: 3600,
    description: 'how often to look for promoted versions and changed keys; 0: never',
  },
  probe: {
    type: 'number',
    value: 'seconds',
    default: 30,
    minimum: 0,
    maximum: 3600,
    description: 'how often every graph is asked its golden input; 0: only when readiness is asked for',
  },
  canary: {
    type: 'number',
    value: 'share',
    default: 0,
    minimum: 0,
    maximum: 1,
    description: 'part of the requests that name no version which the version with the label canary answers',
  },
  drainDelay: {
    type: 'number',
    value: 'seconds',
    default: 0,
    minimum: 0,
    maximum: 3600,
    description: 'how long to go on answering, not ready any more, after being told to stop',
  },
  drainTimeout: {
    type: 'number',
    value: 'seconds',
    default: 30,
    minimum: 0,
    maximum: 3600,
    description: 'how long to wait for requests in work before cutting them',
  },
  hang: {
    type: 'number',
    value: 'seconds',
    default: 10,
    minimum: 0.1,
    maximum: 3600,
    description: 'how long the process that computes, or one batch, may give no sign of life before it is replaced',
  },
  logLevel: { type: 'string', choices: LOG_LEVELS, default: 'info', description: 'what is logged to stderr, as JSON lines' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export type SettingName = keyof typeof SETTINGS;
