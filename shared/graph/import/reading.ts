/** @file What all parts of one reading of a file share. */
import { RobencError } from '../../errors.js';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from '../../proto/onnx.js';
import { tensorToData } from '../../proto/tensor.js';
import type { GraphBuilder } from '../builder.js';
import type { TensorData } from '../value.js';
import type { Scope } from './scope.js';
import type { Slot } from './unreadable.js';

/** Calls of functions and turns of loops may make this many nodes, inputs and outputs in all: a file of a few lines can ask for any number. */
const MOST_EXPANDED = 200_000;
const LONGEST_PATH = 200;

/** A list of nodes of the file and where it stands. */
export interface Body {
  readonly nodes: readonly NodeProto[];
  /** Types that the file itself gives, by value. */
  readonly types: ReadonlyMap<string, ValueInfoProto>;
  readonly opsets: ReadonlyMap<string, number>;
  /** Attributes of the call, for nodes of functions that refer to them. */
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  /** Names of the calls that lead here, to stand before those of the nodes: `encoder/block/`. */
  readonly path: string;
}

/** The path of what lies inside a node; long ones lose their front. */
export function pathInto(name: string): string {
  return `${name.slice(-LONGEST_PATH)}/`;
}

/** Functions and control flow read what they hold with these, and are themselves read by them. */
export interface Readers {
  /** Reads all nodes of a body into a scope. */
  nodes(reading: Reading, body: Body, scope: Scope): void;
  /** Reads a graph inside a node; its outputs. */
  graph(reading: Reading, graph: GraphProto, around: Body, scope: Scope): Slot[];
}

export class Reading {
  readonly #tensors = new Map<TensorProto, TensorData>();
  #expanded = 0;
  /** The functions whose bodies are being read, outermost first. */
  readonly calls: string[] = [];

  constructor(
    readonly g: GraphBuilder,
    readonly source: string,
    readonly folder: string | undefined,
    readonly functions: ReadonlyMap<string, FunctionProto>,
    /** Initializers that are read as inputs, so that nothing is folded into them. */
    readonly variables: ReadonlySet<string>,
  ) {}

  /** The elements of a stored tensor, read once however often it is used. */
  tensor(tensor: TensorProto): TensorData {
    let data = this.#tensors.get(tensor);
    if (data === undefined) this.#tensors.set(tensor, (data = tensorToData(tensor, this.folder === undefined ? {} : { folder: this.folder })));
    return data;
  }

  /** Counts what a function or loop adds. Throws `bad-file` where it is out of all proportion. */
  expand(count: number): void {
    this.#expanded += count;
    if (this.#expanded > MOST_EXPANDED)
      throw new RobencError(
        'bad-file',
        `${this.source}: its functions and loops unfold to more than ${MOST_EXPANDED} nodes and values. Export it with fewer turns, or without functions.`,
      );
  }
}
