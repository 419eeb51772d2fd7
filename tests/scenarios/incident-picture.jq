# Draws what Prometheus saw of an incident, as SVG. Input, slurped: answers of /api/v1/query_range, in this order: available memory,
# threshold, rate of waiting, kills of the dry run, kills.
def points: [.data.result[]?.values[] | [.[0], (.[1] | tonumber)]] | sort;
# When a counter rose. Another agent's begins at 0 again.
def rises: points as $p | [range(1; $p | length) | select($p[.][1] > $p[. - 1][1]) | $p[.][0]];
def rounded: . * 10 | round / 10;

(map(points)) as [$available, $threshold, $waiting]
| (.[3] | rises) as $would | (.[4] | rises) as $kills
| $available[0][0] as $from
| ($available[-1][0] - $from) as $seconds
| (([$available[][1]] | max) / 1048576 / 250 | ceil * 250) as $most
| ([[$waiting[][1]] | max, 0.1] | max) as $longest
| def x: (. - $from) / $seconds * 700 + 60 | rounded;
  def memory: 240 - . / 1048576 / $most * 200 | rounded;
  def share: 360 - . / $longest * 80 | rounded;
  # Seconds that were not seen break the line.
  def line(y): . as $p | [range(0; $p | length)
      | "\(if . == 0 or $p[.][0] - $p[. - 1][0] > 1.5 then "M" else "L" end)\($p[.][0] | x),\($p[.][1] | y)"] | join(" ");
  def mark(color; name): "<path d=\"M\(x),40V360\" stroke=\"\(color)\" stroke-dasharray=\"4 3\"/><text x=\"\(x)\" y=\"32\" fill=\"\(color)\" text-anchor=\"middle\">\(name)</text>";
  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 420\" font-family=\"sans-serif\" font-size=\"12\" fill=\"none\">",
  "<title>A dry run and a kill, as Prometheus saw them</title>",
  "<rect width=\"780\" height=\"420\" fill=\"#fff\"/>",
  (range(0; $most + 1; 250) | (. * 1048576 | memory) as $y
      | "<path d=\"M60,\($y)H760\" stroke=\"#ddd\"/><text x=\"54\" y=\"\($y + 4)\" fill=\"#555\" text-anchor=\"end\">\(.)</text>"),
  (0, $longest | share as $y
      | "<path d=\"M60,\($y)H760\" stroke=\"#ddd\"/><text x=\"54\" y=\"\($y + 4)\" fill=\"#555\" text-anchor=\"end\">\(. * 100 | round) %</text>"),
  (range(0; $seconds; 10) | "<text x=\"\(. + $from | x)\" y=\"378\" fill=\"#555\" text-anchor=\"middle\">\(.)\(if . == 0 then " s" else "" end)</text>"),
  "<path d=\"\($available | line(memory))\" stroke=\"#1f77b4\" stroke-width=\"2\"/>",
  "<path d=\"\($threshold | line(memory))\" stroke=\"#d62728\" stroke-width=\"2\"/>",
  "<path d=\"\($waiting | line(share))\" stroke=\"#9467bd\" stroke-width=\"2\"/>",
  ($would[] | mark("#888"; "would have killed")),
  ($kills[] | mark("#d62728"; "killed")),
  "<text x=\"60\" y=\"404\" fill=\"#1f77b4\">available memory, MiB</text>",
  "<text x=\"230\" y=\"404\" fill=\"#d62728\">threshold</text>",
  "<text x=\"330\" y=\"404\" fill=\"#9467bd\">time in which some task waited for memory</text>",
  "</svg>"
