"""The style sheet of a brief: on a page, on a phone, on paper and in the dark.

Every rule is for what is inside a brief, so that one in a notebook leaves the notebook alone. `PAGE` is for
the whole page, which a notebook does not get.
"""

from __future__ import annotations

from credbenefits.reporting.plots.palette import BLUE, DARK, GREY, INK, PAPER, dark_style

_NARROW = "@media screen and (max-width:40rem)"
_DARK = "@media screen and (prefers-color-scheme:dark)"

BRIEF = f"""
.cb-brief{{--ink:{INK};--soft:{GREY};--paper:{PAPER};--line:#d3dae1;--strong:{BLUE};
--warn:#8a4b00;--warnbg:#fff6e6;--warnline:#b86e00;
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;
color:var(--ink);background:var(--paper);color-scheme:light;max-width:43.2rem;margin:0 auto;
padding:1.5rem 1.25rem 3rem;text-align:left;overflow-wrap:anywhere}}
.cb-brief *{{box-sizing:border-box}}
.cb-brief h1{{font-size:1.75rem;line-height:1.2;margin:.4rem 0 1.2rem;color:inherit;text-wrap:balance}}
.cb-brief h2{{font-size:1.3rem;line-height:1.3;margin:2.4rem 0 .6rem;padding:0 0 .25rem;color:inherit;
border-bottom:2px solid var(--line)}}
.cb-brief h3{{font-size:1.1rem;line-height:1.35;margin:2.2rem 0 .5rem;color:inherit}}
.cb-brief p{{margin:.6rem 0}}
.cb-brief ul,.cb-brief ol{{padding-left:1.25rem;margin:.6rem 0}}
.cb-brief li{{margin:.45rem 0}}
.cb-brief li p{{margin:.35rem 0}}
.cb-brief a{{color:var(--strong)}}
.cb-brief strong{{color:var(--strong)}}
.cb-brief .cb-head strong{{color:inherit}}
.cb-brief .cb-findings>ul>li{{margin:.7rem 0}}
.cb-brief .cb-estimates{{list-style:none;border-left:.15rem solid var(--line);padding-left:.75rem;
font-size:.9375rem}}
.cb-brief .cb-contents ol{{columns:2;column-gap:2rem}}
.cb-brief .cb-contents li{{margin:0;padding:.15rem 0;break-inside:avoid}}
.cb-brief .cb-caution{{background:var(--warnbg);border-left:.3rem solid var(--warnline);
padding:.6rem 1.1rem;margin:1.6rem 0;border-radius:.2rem}}
.cb-brief .cb-caution h2,.cb-brief .cb-caution h3{{border:0;font-size:1.1rem;margin:.2rem 0 .4rem;
color:var(--warn)}}
.cb-brief .cb-caution strong{{color:inherit}}
.cb-brief .cb-table{{overflow-x:auto;margin:1rem 0}}
.cb-brief table{{border-collapse:collapse;width:100%;margin:0;font-size:.875rem;line-height:1.4;
font-variant-numeric:tabular-nums lining-nums}}
.cb-brief caption{{caption-side:top;text-align:left;color:var(--soft);padding:0 0 .4rem;font-size:.875rem}}
.cb-brief tr{{background:none}}
.cb-brief th,.cb-brief td{{text-align:left;vertical-align:top;padding:.4rem .9rem .4rem 0;
border:0;border-bottom:1px solid var(--line);overflow-wrap:break-word;max-width:none;white-space:normal}}
.cb-brief th:last-child,.cb-brief td:last-child{{padding-right:0}}
.cb-brief thead th{{border-bottom:2px solid var(--ink);font-size:.8125rem;vertical-align:bottom}}
.cb-brief tbody th{{font-weight:600;min-width:7rem}}
.cb-brief .cb-number{{text-align:right}}
.cb-brief figure{{margin:1.2rem 0;overflow-x:auto}}
.cb-brief li figure{{margin-left:-1.25rem}}
.cb-brief figure svg{{width:100%;height:auto;display:block}}
.cb-brief .cb-narrow{{display:none}}
{_NARROW}{{
.cb-brief{{padding:1rem .75rem 2rem}}
.cb-brief h1{{font-size:1.4rem}}
.cb-brief .cb-contents ol{{columns:1}}
.cb-brief .cb-narrow+.cb-wide{{display:none}}
.cb-brief .cb-narrow{{display:block}}
.cb-brief thead{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}}
.cb-brief table,.cb-brief caption,.cb-brief tbody,.cb-brief tr,.cb-brief tbody th,.cb-brief td{{display:block;
width:auto}}
.cb-brief tbody tr{{border-bottom:2px solid var(--line);padding:.5rem 0}}
.cb-brief tbody th,.cb-brief td{{border:0;padding:.12rem 0}}
.cb-brief tbody th.cb-number{{text-align:left}}
.cb-brief td.cb-number{{display:flex;justify-content:space-between;gap:1rem}}
.cb-brief td::before{{content:attr(data-label) ": ";color:var(--soft)}}
.cb-brief td.cb-number::before{{text-align:left}}
}}
{_DARK}{{
.cb-brief{{--ink:{DARK[INK]};--soft:{DARK[GREY]};--paper:{DARK[PAPER]};--line:#37424d;--strong:{DARK[BLUE]};
--warn:#f2b866;--warnbg:#2b2313;--warnline:#d98f1f;color-scheme:dark}}
}}
{dark_style(".cb-brief")}
@media print{{
.cb-brief{{max-width:none;padding:0;font-size:10.5pt}}
.cb-brief .cb-table,.cb-brief figure{{overflow:visible}}
.cb-brief table{{font-size:8.5pt}}
.cb-brief thead{{display:table-header-group}}
.cb-brief thead th{{font-size:8.5pt}}
.cb-brief tr,.cb-brief figure,.cb-brief .cb-caution,.cb-brief .cb-contents{{break-inside:avoid}}
.cb-brief li:not(:has(figure)){{break-inside:avoid}}
.cb-brief h1,.cb-brief h2,.cb-brief h3,.cb-brief caption{{break-after:avoid}}
.cb-brief thead{{break-inside:avoid;break-after:avoid}}
.cb-brief tbody tr:first-child{{break-before:avoid}}
.cb-brief p,.cb-brief li{{orphans:3;widows:3}}
.cb-brief .cb-caution{{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
.cb-brief a{{color:inherit;text-decoration:none}}
}}
"""

PAGE = f"""
body{{margin:0;background:{PAPER}}}
{_DARK}{{body{{background:{DARK[PAPER]}}}}}
@media screen and (min-width:74rem){{
.cb-brief .cb-table-wide{{margin-right:-14rem}}
.cb-brief .cb-table:not(.cb-table-broken) td.cb-number{{white-space:nowrap}}
}}
@page{{size:A4;margin:18mm 16mm}}
"""
