/** @file Tells requests that hang from requests that are slow, on machines of any speed: by how often the server answered others meanwhile, not by a clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import { get, type TestServer } from './server-fixture.js';

/** So many times the server has nothing to compute and answers another request, and those that are watched are still not answered. */
const LOOKS = 1_500;
/** Between two looks, so that the looks are not what the server is busy with. */
const PAUSE_MS = 20;

/** What `work` gives; rejects when it hangs. `progress` counts what has come of it so far. */
export async function unlessItHangs<T>(server: TestServer, work: Promise<T>, progress: () => number, looks = LOOKS): Promise<T> {
  let over = false;
  const watch = async (): Promise<never> => {
    let [idle, before] = [0, progress()];
    while (idle < looks) {
      await sleep(PAUSE_MS);
      // The other one has won; nobody hears of this any more.
      if (over) return new Promise<never>(() => undefined);
      await get(`${server.url}/healthz`);
      const { waitingRows, runningBatches } = server.engine.dispatcher;
      const moved = waitingRows > 0 || runningBatches > 0 || progress() !== before;
      idle = moved ? 0 : idle + 1;
      before = progress();
    }
    throw new Error(`The server answered ${looks} other requests and computed nothing, and gave no answer to what it was asked.`);
  };
  try {
    return await Promise.race([work, watch()]);
  } finally {
    over = true;
  }
}
