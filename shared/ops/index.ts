/** @file The table of operators. */
import { GraphBuilder } from '../graph/builder.js';
import type { OpDef, Operators } from '../graph/operator.js';
import { table } from '../table.js';
import Add from './Add.js';
import BatchNormalization from './BatchNormalization.js';
import Cast from './Cast.js';
import Conv from './Conv.js';
import ConvTranspose from './ConvTranspose.js';
import ConvWeightGrad from './ConvWeightGrad.js';
import Div from './Div.js';
import Greater from './Greater.js';
import LogDetInverse from './LogDetInverse.js';
import MatMul from './MatMul.js';
import Mul from './Mul.js';
import Neg from './Neg.js';
import ReduceMean from './ReduceMean.js';
import ReduceSum from './ReduceSum.js';
import Relu from './Relu.js';
import Reshape from './Reshape.js';
import Sub from './Sub.js';
import Transpose from './Transpose.js';

const qualified = ({ domain, op }: { domain?: string; op: string }): string => (domain ? `${domain}.${op}` : op);

export const operatorTable = table<OpDef>(
  'operator',
  [Add, BatchNormalization, Cast, Conv, ConvTranspose, ConvWeightGrad, Div, Greater, LogDetInverse, MatMul, Mul, Neg, ReduceMean, ReduceSum, Relu, Reshape, Sub, Transpose],
  qualified,
);

export const operators: Operators = {
  find: (op, domain) => {
    const name = qualified({ domain, op });
    return operatorTable.has(name) ? operatorTable.get(name) : undefined;
  },
};

/** An empty graph to build on. */
export function newBuilder(): GraphBuilder {
  return new GraphBuilder(operators);
}
