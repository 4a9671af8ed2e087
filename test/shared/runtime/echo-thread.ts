/** @file A worker thread for tests: answers, fails, waits or ends as it is told. */
import { writeFileSync } from 'node:fs';
import { RobencError } from '@robenc/shared/errors.js';
import { serveThread } from '@robenc/shared/runtime/thread-side.js';

let file: string | null = null;

serveThread(
  {
    echo: async (value: unknown) => ({ value }),
    fail: async (field: string) => Promise.reject(new RobencError('mismatch', 'as asked', { field })),
    crash: async (message: string) => Promise.reject(new Error(message)),
    exit: async (code: number) => process.exit(code),
    async wait({ milliseconds }: { milliseconds: number }) {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return { value: 'waited' };
    },
    async cleanUpInto(path: string) {
      file = path;
      return { value: null };
    },
  },
  async () => {
    if (file !== null) writeFileSync(file, 'clean');
  },
);
