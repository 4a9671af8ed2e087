/** @file The style of report.html: system fonts, two colour schemes, and rules for paper. */
export const STYLE = `
:root{--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--page:#fff;--card:#f6f8fa;--bar:#2f6fb0;--fall:#c9dcef;--good:#1a7f37;--warn:#9a6700;--bad:#b42318;--s0:#2f6fb0;--s1:#d1651a;--s2:#2b8a57;--s3:#b3336b;--s4:#7553b8;--s5:#8a6d00;--s6:#1591a6;--s7:#a0402f;--s8:#5c6b7a;--s9:#6f8f1f}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4ae;--line:#353c44;--page:#0f1318;--card:#171c22;--bar:#6aa9e4;--fall:#26394d;--good:#57ab5a;--warn:#d4a72c;--bad:#f47067;--s0:#6aa9e4;--s1:#f0965a;--s2:#5fc08c;--s3:#e878a8;--s4:#a98bea;--s5:#d3b54a;--s6:#55c4d8;--s7:#e08a78;--s8:#9fb0c0;--s9:#a9c95a}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem}h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid var(--line)}h3{font-size:1rem}
.cards{display:flex;flex-wrap:wrap;gap:1rem}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1rem;flex:1 1 12rem}
.card .name,.note{color:var(--soft);font-size:.85rem}.card .value{font-size:2rem;font-weight:600}
.good{color:var(--good)}.warn,.warning{color:var(--warn)}.bad,.critical{color:var(--bad)}.info{color:var(--soft)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right}.text{text-align:left;overflow-wrap:anywhere}
.wide{overflow-x:auto}pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem;white-space:pre-wrap;overflow-wrap:anywhere}
svg{width:100%;max-width:44rem;height:auto;display:block}svg text{fill:var(--ink);font:12px system-ui,sans-serif}svg .soft{fill:var(--soft)}
.bar{fill:var(--bar)}.fall{fill:var(--fall)}.grid{stroke:var(--line)}.curve{stroke:var(--bar);fill:none;stroke-width:2}.band{fill:var(--fall);fill-opacity:.6}
.s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}.s6{--c:var(--s6)}.s7{--c:var(--s7)}.s8{--c:var(--s8)}.s9{--c:var(--s9)}.curve.s0,.curve.s1,.curve.s2,.curve.s3,.curve.s4,.curve.s5,.curve.s6,.curve.s7,.curve.s8,.curve.s9{stroke:var(--c)}
.curve.s1,.curve.s4,.curve.s7{stroke-dasharray:7 3}.curve.s2,.curve.s5,.curve.s8{stroke-dasharray:2 3}.dot{fill:var(--c)}.legend{margin:.2rem 0;font-size:.85rem}.legend span{margin-right:1rem;white-space:nowrap}
.key{display:inline-block;width:.8rem;height:.8rem;margin-right:.3rem;border-radius:2px;background:var(--c)}
.sheet{max-width:100%;height:auto;image-rendering:pixelated}.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(24rem,1fr));gap:1.5rem}.side h2{border:0}
figure{display:inline-block;margin:0 1.2rem 1.2rem 0;vertical-align:top}figure img{width:112px;height:112px;image-rendering:pixelated;border:1px solid var(--line);margin-right:4px}
figcaption{font-size:.85rem;color:var(--soft);max-width:350px;overflow-wrap:anywhere}
@media print{body{background:#fff;color:#000}.key,.band,.bar,.fall{print-color-adjust:exact}section{break-inside:avoid}main{max-width:none;padding:0}}
`.replaceAll('\n', '');
