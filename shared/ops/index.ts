/** @file The table of operators. */
import { GraphBuilder } from '../graph/builder.js';
import type { OpDef, Operators } from '../graph/operator.js';
import { table } from '../table.js';
import Abs from './Abs.js';
import Acos from './Acos.js';
import Acosh from './Acosh.js';
import Add from './Add.js';
import AffineGrid from './AffineGrid.js';
import And from './And.js';
import ArgMax from './ArgMax.js';
import ArgMin from './ArgMin.js';
import Asin from './Asin.js';
import Asinh from './Asinh.js';
import Atan from './Atan.js';
import Atanh from './Atanh.js';
import AveragePool from './AveragePool.js';
import BatchNormalization from './BatchNormalization.js';
import Bernoulli from './Bernoulli.js';
import Cast from './Cast.js';
import Ceil from './Ceil.js';
import Celu from './Celu.js';
import Clip from './Clip.js';
import Col2Im from './Col2Im.js';
import Compress from './Compress.js';
import Concat from './Concat.js';
import ConstantOfShape from './ConstantOfShape.js';
import Conv from './Conv.js';
import ConvTranspose from './ConvTranspose.js';
import ConvWeightGrad from './ConvWeightGrad.js';
import Cos from './Cos.js';
import Cosh from './Cosh.js';
import CumSum from './CumSum.js';
import DeformConv from './DeformConv.js';
import DepthToSpace from './DepthToSpace.js';
import DequantizeLinear from './DequantizeLinear.js';
import Det from './Det.js';
import Div from './Div.js';
import Dropout from './Dropout.js';
import DynamicQuantizeLinear from './DynamicQuantizeLinear.js';
import Einsum from './Einsum.js';
import Elu from './Elu.js';
import Equal from './Equal.js';
import Erf from './Erf.js';
import Exp from './Exp.js';
import Expand from './Expand.js';
import EyeLike from './EyeLike.js';
import Flatten from './Flatten.js';
import Floor from './Floor.js';
import GRU from './GRU.js';
import Gather from './Gather.js';
import GatherElements from './GatherElements.js';
import GatherND from './GatherND.js';
import Gelu from './Gelu.js';
import Gemm from './Gemm.js';
import GlobalAveragePool from './GlobalAveragePool.js';
import GlobalMaxPool from './GlobalMaxPool.js';
import Greater from './Greater.js';
import GreaterOrEqual from './GreaterOrEqual.js';
import GridSample from './GridSample.js';
import HardSigmoid from './HardSigmoid.js';
import HardSwish from './HardSwish.js';
import Hardmax from './Hardmax.js';
import Identity from './Identity.js';
import InstanceNormalization from './InstanceNormalization.js';
import Interleave from './Interleave.js';
import IsInf from './IsInf.js';
import IsNaN from './IsNaN.js';
import LRN from './LRN.js';
import LSTM from './LSTM.js';
import LayerNormalization from './LayerNormalization.js';
import LeakyRelu from './LeakyRelu.js';
import Less from './Less.js';
import LessOrEqual from './LessOrEqual.js';
import Levels from './Levels.js';
import Log from './Log.js';
import LogDetInverse from './LogDetInverse.js';
import LogSoftmax from './LogSoftmax.js';
import LpNormalization from './LpNormalization.js';
import LpPool from './LpPool.js';
import MatMul from './MatMul.js';
import Max from './Max.js';
import MaxPool from './MaxPool.js';
import MaxRoiPool from './MaxRoiPool.js';
import MaxUnpool from './MaxUnpool.js';
import Mean from './Mean.js';
import Min from './Min.js';
import Mish from './Mish.js';
import Mod from './Mod.js';
import Mul from './Mul.js';
import Multinomial from './Multinomial.js';
import Neg from './Neg.js';
import NonMaxSuppression from './NonMaxSuppression.js';
import NonZero from './NonZero.js';
import Not from './Not.js';
import OneHot from './OneHot.js';
import Or from './Or.js';
import PRelu from './PRelu.js';
import Pad from './Pad.js';
import Pow from './Pow.js';
import QuantizeLinear from './QuantizeLinear.js';
import RNN from './RNN.js';
import RandomNormal from './RandomNormal.js';
import RandomNormalLike from './RandomNormalLike.js';
import RandomUniform from './RandomUniform.js';
import RandomUniformLike from './RandomUniformLike.js';
import Range from './Range.js';
import Reciprocal from './Reciprocal.js';
import ReduceL1 from './ReduceL1.js';
import ReduceL2 from './ReduceL2.js';
import ReduceLogSum from './ReduceLogSum.js';
import ReduceLogSumExp from './ReduceLogSumExp.js';
import ReduceMax from './ReduceMax.js';
import ReduceMean from './ReduceMean.js';
import ReduceMin from './ReduceMin.js';
import ReduceProd from './ReduceProd.js';
import ReduceSum from './ReduceSum.js';
import ReduceSumSquare from './ReduceSumSquare.js';
import Relu from './Relu.js';
import Reshape from './Reshape.js';
import Resize from './Resize.js';
import RoiAlign from './RoiAlign.js';
import Round from './Round.js';
import ScatterElements from './ScatterElements.js';
import ScatterND from './ScatterND.js';
import Selu from './Selu.js';
import Shape from './Shape.js';
import Shrink from './Shrink.js';
import Sigmoid from './Sigmoid.js';
import Sign from './Sign.js';
import Sin from './Sin.js';
import Sinh from './Sinh.js';
import Size from './Size.js';
import Slice from './Slice.js';
import Softmax from './Softmax.js';
import Softplus from './Softplus.js';
import Softsign from './Softsign.js';
import SpaceToDepth from './SpaceToDepth.js';
import Split from './Split.js';
import Sqrt from './Sqrt.js';
import Squeeze from './Squeeze.js';
import Sub from './Sub.js';
import Sum from './Sum.js';
import Tan from './Tan.js';
import Tanh from './Tanh.js';
import ThresholdedRelu from './ThresholdedRelu.js';
import Tile from './Tile.js';
import TopK from './TopK.js';
import Transpose from './Transpose.js';
import Trilu from './Trilu.js';
import Unique from './Unique.js';
import Unsqueeze from './Unsqueeze.js';
import Where from './Where.js';
import Xor from './Xor.js';

const qualified = ({ domain, op }: { domain?: string; op: string }): string => (domain ? `${domain}.${op}` : op);

export const operatorTable = table<OpDef>(
  'operator',
  [
    Abs,
    Acos,
    Acosh,
    Add,
    AffineGrid,
    And,
    ArgMax,
    ArgMin,
    Asin,
    Asinh,
    Atan,
    Atanh,
    AveragePool,
    BatchNormalization,
    Bernoulli,
    Cast,
    Ceil,
    Celu,
    Clip,
    Col2Im,
    Compress,
    Concat,
    ConstantOfShape,
    Conv,
    ConvTranspose,
    ConvWeightGrad,
    Cos,
    Cosh,
    CumSum,
    DeformConv,
    DepthToSpace,
    DequantizeLinear,
    Det,
    Div,
    Dropout,
    DynamicQuantizeLinear,
    Einsum,
    Elu,
    Equal,
    Erf,
    Exp,
    Expand,
    EyeLike,
    Flatten,
    Floor,
    GRU,
    Gather,
    GatherElements,
    GatherND,
    Gelu,
    Gemm,
    GlobalAveragePool,
    GlobalMaxPool,
    Greater,
    GreaterOrEqual,
    GridSample,
    HardSigmoid,
    HardSwish,
    Hardmax,
    Identity,
    InstanceNormalization,
    Interleave,
    IsInf,
    IsNaN,
    LRN,
    LSTM,
    LayerNormalization,
    LeakyRelu,
    Less,
    LessOrEqual,
    Levels,
    Log,
    LogDetInverse,
    LogSoftmax,
    LpNormalization,
    LpPool,
    MatMul,
    Max,
    MaxPool,
    MaxRoiPool,
    MaxUnpool,
    Mean,
    Min,
    Mish,
    Mod,
    Mul,
    Multinomial,
    Neg,
    NonMaxSuppression,
    NonZero,
    Not,
    OneHot,
    Or,
    PRelu,
    Pad,
    Pow,
    QuantizeLinear,
    RNN,
    RandomNormal,
    RandomNormalLike,
    RandomUniform,
    RandomUniformLike,
    Range,
    Reciprocal,
    ReduceL1,
    ReduceL2,
    ReduceLogSum,
    ReduceLogSumExp,
    ReduceMax,
    ReduceMean,
    ReduceMin,
    ReduceProd,
    ReduceSum,
    ReduceSumSquare,
    Relu,
    Reshape,
    Resize,
    RoiAlign,
    Round,
    ScatterElements,
    ScatterND,
    Selu,
    Shape,
    Shrink,
    Sigmoid,
    Sign,
    Sin,
    Sinh,
    Size,
    Slice,
    Softmax,
    Softplus,
    Softsign,
    SpaceToDepth,
    Split,
    Sqrt,
    Squeeze,
    Sub,
    Sum,
    Tan,
    Tanh,
    ThresholdedRelu,
    Tile,
    TopK,
    Transpose,
    Trilu,
    Unique,
    Unsqueeze,
    Where,
    Xor,
  ],
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
