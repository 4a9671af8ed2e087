/** @file Functions that a model brings along: each call is replaced by the nodes of the body. */
import { RobencError } from '../../errors.js';
import type { AttributeProto, FunctionProto, NodeProto } from '../../proto/onnx.js';
import { domainOf } from './opsets.js';
import { pathInto, type Body, type Readers, type Reading } from './reading.js';
import { Scope } from './scope.js';
import type { Slot } from './unreadable.js';

/** Functions call functions; deeper than this no exporter goes. */
const DEEPEST = 64;

/** The functions of a model by what calls them. */
export function functionsByCall(functions: readonly FunctionProto[], source: string): ReadonlyMap<string, FunctionProto> {
  const byCall = new Map<string, FunctionProto>();
  for (const entry of functions) {
    const key = callKey(entry.domain, entry.name, entry.overload);
    if (byCall.has(key)) throw new RobencError('bad-file', `${source}: two functions are named "${entry.domain}.${entry.name}". Export it again.`);
    byCall.set(key, entry);
  }
  return byCall;
}

/** The function that a node calls. */
export function calledFunction(reading: Reading, node: NodeProto): FunctionProto | undefined {
  return reading.functions.get(callKey(node.domain, node.opType, node.overload));
}

/**
 * The outputs of a call: the body is read in a scope of its own, with the operator sets of the function.
 *
 * @param attributes those of the call; the function's defaults stand in for ones that are left out
 * @throws RobencError `bad-file` for a function that calls itself, for inputs too many and for outputs that nothing makes.
 */
export function inlineFunction(
  reading: Reading,
  readers: Readers,
  call: { readonly node: NodeProto; readonly name: string; readonly inputs: readonly Slot[]; readonly attributes: readonly AttributeProto[] },
  definition: FunctionProto,
  around: Body,
): Slot[] {
  const { source } = reading;
  const title = callKey(definition.domain, definition.name, definition.overload);
  const fail = (reason: string) =>
    new RobencError('bad-file', `${source}: function "${definition.domain}.${definition.name}" ${reason}.`, { field: call.name });
  if (reading.calls.includes(title)) throw fail('calls itself, directly or through others');
  if (reading.calls.length >= DEEPEST) throw fail(`is called ${DEEPEST} functions deep`);
  if (call.inputs.length > definition.input.length) throw fail(`has ${definition.input.length} inputs and "${call.name}" gives it ${call.inputs.length}`);
  const scope = new Scope(source);
  for (const [i, name] of definition.input.entries()) scope.define(name, call.inputs[i] ?? null);
  const attributes = new Map([...definition.attributeProto, ...call.attributes].map((attribute) => [attribute.name, attribute]));
  reading.expand(definition.attributeProto.length + definition.input.length + definition.output.length);
  const opsets = new Map(definition.opsetImport.map(({ domain, version }) => [domainOf(domain), version]));
  reading.calls.push(title);
  readers.nodes(
    reading,
    { nodes: definition.node, types: new Map(), opsets: opsets.size > 0 ? opsets : around.opsets, attributes, path: pathInto(call.name) },
    scope,
  );
  reading.calls.pop();
  return definition.output.map((name) => {
    const slot = scope.get(name);
    if (slot === undefined) throw fail(`has an output "${name}" that nothing makes`);
    return slot;
  });
}

function callKey(domain: string, name: string, overload: string): string {
  return [domain, name, overload].join('\n');
}
