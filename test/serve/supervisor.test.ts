/** @file The supervisor: engines that are killed, hang or crash are replaced while the port answers. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { CrashRecord } from '@robenc/serve/process/crash-record.js';
import { Supervisor } from '@robenc/serve/process/supervisor.js';
import { resolveSettings } from '@robenc/serve/settings/settings.js';
import { until } from '../until.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { get, png, post, type Answer } from './server-fixture.js';

describe('a supervised server', () => {
  const folder = modelsFolder();
  const running: Supervisor[] = [];
  let image: string;
  before(async () => {
    writeFixture(folder.path, { aggregate: false });
    image = (await png(1)).toString('base64');
  });
  afterEach(() => Promise.all(running.splice(0).map((supervisor) => supervisor.stop({ delayMs: 0, drainMs: 2_000 }))));
  after(() => folder.remove());

  async function serve(flags: Readonly<Record<string, unknown>> = {}): Promise<Supervisor> {
    const given = { models: folder.path, port: 0, workers: 1, device: 'cpu', logLevel: 'silent', ...flags };
    const { settings } = resolveSettings({ flags: given, environment: {}, file: undefined, cwd: folder.path });
    const supervisor = new Supervisor(settings, pino({ level: 'silent' }));
    await supervisor.start();
    running.push(supervisor);
    return supervisor;
  }

  /** Asks until an engine answers; whatever is said before must be 503 with a time to come back, and liveness never goes. */
  async function recovered({ url }: Supervisor): Promise<Answer<{ error?: { code: string } }>> {
    for (let i = 0; i < 2_000; i++) {
      // A connection that the dead engine held is reset; a client connects anew.
      const answer = await post<{ error?: { code: string } }>(`${url}/v1/embed`, { image }, { connection: 'close' }).catch(() => null);
      if (answer?.status === 200) return answer;
      if (answer !== null) {
        assert.deepEqual([answer.status, answer.body.error?.code], [503, 'unavailable']);
        assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
        assert.equal((await get(`${url}/healthz`)).status, 200);
      }
      await sleep(50);
    }
    return assert.fail('no engine came back');
  }

  it('an engine that is killed is replaced on the same port; meanwhile requests get 503 and liveness stays', async () => {
    const supervisor = await serve();
    const before = await post<{ embeddings: number[][] }>(`${supervisor.url}/v1/embed`, { image });
    assert.equal(before.status, 200);
    const first = supervisor.enginePid!;
    process.kill(first, 'SIGKILL');
    const after = (await recovered(supervisor)) as unknown as Answer<{ embeddings: number[][] }>;
    assert.notEqual(supervisor.enginePid, first);
    assert.deepEqual(after.body.embeddings, before.body.embeddings);
    const metrics = await (await fetch(`${supervisor.url}/metrics`)).text();
    assert.match(metrics, /^robenc_engine_starts 2$/m);
  });

  it('an engine that gives no sign of life is replaced', async () => {
    const supervisor = await serve({ hang: 2 });
    const first = supervisor.enginePid!;
    process.kill(first, 'SIGSTOP');
    await until(() => supervisor.enginePid !== first, 'the end of the engine');
    await recovered(supervisor);
    assert.notEqual(supervisor.enginePid, first);
  });

  it('a supervisor that was halted itself does not take its engine for dead', async () => {
    const supervisor = await serve({ hang: 2 });
    const first = supervisor.enginePid!;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_500);
    await sleep(1_500);
    assert.equal(supervisor.enginePid, first);
    assert.equal((await post(`${supervisor.url}/v1/embed`, { image })).status, 200);
  });

  it('an engine that is killed under load fails the requests that it had in work, at most, and no other but with 503 and a time to come back', async () => {
    const supervisor = await serve();
    const clients = 6;
    const outcomes: string[] = [];
    let recoveredAt = Infinity;
    const client = async () => {
      // Some more, once an engine answers again.
      for (let after = 0; after < 5; after += outcomes.length > recoveredAt ? 1 : 0) {
        const answer = await post(`${supervisor.url}/v1/embed`, { image }).catch(() => null);
        if (answer?.status === 503) assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
        outcomes.push(answer === null ? 'lost' : String(answer.status));
        if (answer?.status !== 200) await sleep(20);
      }
    };
    const kill = async () => {
      while (outcomes.length < 60) await sleep(5);
      const first = supervisor.enginePid!;
      process.kill(first, 'SIGKILL');
      while (supervisor.enginePid === first || supervisor.enginePid === undefined) await sleep(20);
      await recovered(supervisor);
      recoveredAt = outcomes.length;
    };
    await Promise.all([kill(), ...Array.from({ length: clients }, client)]);
    const count = (what: string) => outcomes.filter((one) => one === what).length;
    assert.equal(count('200') + count('503') + count('lost'), outcomes.length);
    assert.ok(count('lost') <= clients, `${count('lost')} requests were lost, ${clients} were in work`);
    assert.ok(outcomes.slice(-5).every((one) => one === '200'));
  });

  it('a stop under load resets no connection: what was sent is answered, and clients that come too late are told so', async () => {
    const supervisor = await serve();
    let answered = 0;
    const failures: unknown[] = [];
    const client = async () => {
      for (;;) {
        try {
          const { status, headers } = await post(`${supervisor.url}/v1/embed`, { image });
          assert.equal(status, 200);
          answered++;
          if (headers.get('connection') === 'close') return;
        } catch (error) {
          const { code } = (error as { cause?: { code?: string } }).cause ?? {};
          // The port is closed: nothing was lost.
          if (code !== 'ECONNREFUSED') failures.push(error);
          return;
        }
      }
    };
    const clients = Array.from({ length: 8 }, client);
    while (answered < 40) await sleep(5);
    // All clients are to hear of it before the port is closed: a connection that nobody has taken by then is reset.
    assert.equal(await supervisor.stop({ delayMs: 3_000, drainMs: 100_000 }), true);
    await Promise.all(clients);
    assert.deepEqual(failures, []);
    running.length = 0;
  });

  it('a stop answers what is in work, and the port is free', async () => {
    const supervisor = await serve();
    const answer = post(`${supervisor.url}/v1/robustness`, { images: Array<string>(8).fill(image), epsilon: 1e-6, steps: 50, stepSize: 1e-6 });
    await post(`${supervisor.url}/v1/embed`, { image });
    const stopped = supervisor.stop({ delayMs: 0, drainMs: 100_000 });
    assert.equal((await answer).status, 200);
    assert.equal(await stopped, true);
    await assert.rejects(fetch(`${supervisor.url}/healthz`));
    running.length = 0;
  });
});

describe('CrashRecord', () => {
  it('starts again at once after one crash, waits longer and longer in a loop, and forgets after a minute', () => {
    const record = new CrashRecord();
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((second) => record.add(second * 1000)),
      [0, 250, 500, 1000, 2000],
    );
    assert.equal(record.add(70_000), 0);
    for (let i = 0; i < 20; i++) record.add(70_000);
    assert.equal(record.add(70_000), 30_000);
  });
});
