/** @file The style of report.html: system fonts, two colour schemes, and rules for paper. */
export const STYLE = `
:root{--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--page:#fff;--card:#f6f8fa;--bar:#2f6fb0;--fall:#c9dcef;--good:#1a7f37;--warn:#9a6700;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4ae;--line:#353c44;--page:#0f1318;--card:#171c22;--bar:#6aa9e4;--fall:#26394d;--good:#57ab5a;--warn:#d4a72c;--bad:#f47067}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem}h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid var(--line)}h3{font-size:1rem}
.cards{display:flex;flex-wrap:wrap;gap:1rem}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1rem;flex:1 1 12rem}
.card .name,.note{color:var(--soft);font-size:.85rem}.card .value{font-size:2rem;font-weight:600}
.good{color:var(--good)}.warn,.warning{color:var(--warn)}.bad,.critical{color:var(--bad)}.info{color:var(--soft)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right}.text{text-align:left;overflow-wrap:anywhere}
.wide{overflow-x:auto}pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem;white-space:pre-wrap;overflow-wrap:anywhere}
svg{width:100%;max-width:44rem;height:auto;display:block}svg text{fill:var(--ink);font:12px system-ui,sans-serif}svg .soft{fill:var(--soft)}
.bar{fill:var(--bar)}.fall{fill:var(--fall)}.grid{stroke:var(--line)}.curve{stroke:var(--bar);fill:none;stroke-width:2}.band{fill:var(--fall)}
figure{display:inline-block;margin:0 1.2rem 1.2rem 0;vertical-align:top}figure img{width:112px;height:112px;image-rendering:pixelated;border:1px solid var(--line);margin-right:4px}
figcaption{font-size:.85rem;color:var(--soft);max-width:350px;overflow-wrap:anywhere}
@media print{body{background:#fff;color:#000}section{break-inside:avoid}main{max-width:none;padding:0}}
`.replaceAll('\n', '');
