# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bench.py measured, as a table on the terminal and as a chart."""
import statistics


def median(samples, key):
    return statistics.median(x[key] for x in samples)


def table(results, names, ops, ref):
    print(f"\n{'':18}" + "".join(f"{n:>22}" for n in names) + f"   (median wall ms, ratio to {ref}, peak KB)")
    for op in ops:
        row = f"{op:18}"
        base = median(results[ref][op], "wall") if results[ref].get(op) else None
        for n in names:
            if not results[n].get(op):
                row += f"{'-':>22}"
                continue
            m, k = median(results[n][op], "wall"), median(results[n][op], "rss")
            row += f"{m:8.2f} {m / base if base else 0:5.2f} {int(k):6d}"[:22].rjust(22)
        print(row)


def chart(results, names, ops, title, path):
    """Bars of medians, a group for each operation; nothing in it comes from elsewhere."""
    colours = ["#1b6ca8", "#e07b39", "#8a8a8a", "#c9b458", "#7a4e9f", "#3a9d5d"]
    ops = [o for o in ops if results[names[0]].get(o)]
    width, left, row = 930, 160, 14
    most = max(median(results[n][o], "wall") for n in names for o in ops if results[n].get(o))
    y, out = 60, []
    for o in ops:
        out.append(f'<text x="{left - 8}" y="{y + row}" text-anchor="end" font-weight="bold">{o}</text>')
        for i, n in enumerate(names):
            if not results[n].get(o):
                continue
            m = median(results[n][o], "wall")
            w = max(1, m / most * (width - left - 90))
            out.append(f'<rect x="{left}" y="{y}" width="{w:.1f}" height="{row - 2}" fill="{colours[i % 6]}"/>'
                       f'<text x="{left + w + 5:.1f}" y="{y + row - 4}" font-size="11">{m:.2f} ms</text>')
            y += row
        y += 12
    legend = "".join(f'<rect x="{left + i * 130}" y="32" width="12" height="12" fill="{colours[i % 6]}"/>'
                     f'<text x="{left + i * 130 + 17}" y="42">{n}</text>' for i, n in enumerate(names))
    with open(path, "w") as f:
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" font-family="sans-serif" '
                f'font-size="12"><rect width="100%" height="100%" fill="white"/><text x="{left}" y="20" font-size="14">'
                f'{title}</text>{legend}{"".join(out)}</svg>\n')
