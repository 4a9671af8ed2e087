/** @file A session under other names of inputs and outputs. */
import type { Session } from '@robenc/shared/runtime/types.js';

/** `inputs` and `outputs` say, for each new name, the session's own. Ports that are not named are hidden. */
export function renamed(session: Session, inputs: Readonly<Record<string, string>>, outputs: Readonly<Record<string, string>>): Session {
  const ports = (all: Session['inputs'], names: Readonly<Record<string, string>>) =>
    Object.entries(names).map(([name, own]) => ({ ...all.find((port) => port.name === own)!, name }));
  return {
    inputs: ports(session.inputs, inputs),
    outputs: ports(session.outputs, outputs),
    device: session.device,
    notice: session.notice,
    async run(feeds, wanted = Object.keys(outputs), options) {
      const own = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [inputs[name] ?? name, tensor]));
      const answers = await session.run(
        own,
        wanted.map((name) => outputs[name] ?? name),
        options,
      );
      return Object.fromEntries(wanted.map((name) => [name, answers[outputs[name] ?? name]!]));
    },
    close: () => session.close(),
  };
}
