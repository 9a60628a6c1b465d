// Leaves out of uPlot what the viewer does not use. It comes as one function, out of which a
// bundler can remove nothing by itself: dates as text (chart.tsx has its own), curves and steps,
// joining of tables, times in milliseconds, bands, two-dimensional data, series that come and go
// or to the fore, charts that follow each other, upright time, other scales than linear and powers
// of ten. A line that is no longer there is an error.
import type { Plugin } from 'vite';

const kEdits: [from: string, to: string][] = [
  // The names of days and months, and others that only those parts use that are left out here.
  ['= days.map(slice3);', '= null;'],
  ['= months.map(slice3);', '= null;'],
  ['= new Intl.DateTimeFormat().resolvedOptions().timeZone;', '= null;'],
  ['= oneIncrs.filter(onlyWhole);', '= null;'],
  ['\tuPlot.join = join;\n', ''],
  ['\tuPlot.fmtDate = fmtDate;\n\tuPlot.tzDate  = tzDate;\n', ''],
  ['\t(paths.stepped = stepped);\n', ''],
  ['\t(paths.spline  = monotoneCubic);\n', ''],
  ['const [ timeIncrsMs, _timeAxisStampsMs, timeAxisSplitsMs ] = genTimeStuffs(1);\n', ''],
  ['\t\t_timeAxisStamps,\n\t\ttimeAxisSplits,\n', '\t\tnull,\n\t\ttimeAxisSplits,\n'],
  ['(ms == 1 ? timeAxisSplitsMs(_tzDate) : timeAxisSplitsS(_tzDate))', 'timeAxisSplitsS(_tzDate)'],
  ['(ms == 1 ? timeIncrsMs : timeIncrsS)', 'timeIncrsS'],
  ['\tconst _fmtDate = (opts.fmtDate || fmtDate);\n', ''],
  [
    'timeAxisVals(_tzDate, timeAxisStamps((ms == 1 ? _timeAxisStampsMs : _timeAxisStampsS), _fmtDate));',
    'null;',
  ],
  ['timeSeriesVal(_tzDate, timeSeriesStamp(_timeSeriesStamp, _fmtDate));', 'null;'],
  ['(isStr(sv) ? timeSeriesVal(_tzDate, timeSeriesStamp(sv, _fmtDate)) : sv || _timeSeriesVal)', 'sv'],
  ['timeAxisVals(_tzDate, timeAxisStamps(av, _fmtDate))', 'null'],
  ['timeAxisVal(_tzDate, av)', 'null'],
  ['let [ bandFillDir, bandClipDir ] = bandFillClipDirs(u, seriesIdx);', 'let bandFillDir = 0, bandClipDir = 0;'],
  ['mode = self.mode;', 'mode = 1;'],
  ['const mode = u.mode;', 'const mode = 1;'],
  ['\tself.addSeries = addSeries;\n', ''],
  ['\tself.delSeries = delSeries;\n', ''],
  ['\tself.addBand = addBand;\n', ''],
  ['\tself.delBand = delBand;\n', ''],
  // Charts that follow each other: `src` is another chart.
  ['if (src != null) {', 'if (false) {'],
  ['if (syncKey != null) {', 'if (false) {'],
  ['if (src == null) {', 'if (true) {'],
  ['\tsync.sub(self);\n', ''],
  ['\t\tsync.unsub(self);\n', ''],
  ['\tconst sync = _sync(syncKey);\n', ''],
  [
    '\t\tif (syncOpts.filters.pub(type, src, x, y, w, h, i))\n' +
      '\t\t\tsync.pub(type, src, x, y, w, h, i);\n',
    '',
  ],
  ['\tself.pub = pub;\n', ''],
  [
    '\tevents.mousedown = mouseDown;\n\tevents.mousemove = mouseMove;\n' +
      '\tevents.mouseup = mouseUp;\n\tevents.dblclick = dblClick;\n' +
      '\tevents["setSeries"] = (e, src, idx, opts) => {\n' +
      '\t\tlet seriesIdxMatcher = syncOpts.match[2];\n' +
      '\t\tidx = seriesIdxMatcher(self, src, idx);\n' +
      '\t\tidx != -1 && setSeries(idx, opts, true, false);\n\t};\n',
    '',
  ],
  ['if (e != null) {\n\t\t\t_l = e.clientX', 'if (true) {\n\t\t\t_l = e.clientX'],
  ['(src == null || src.cursor.event.type == mousemove)', 'true'],
  ['\tif (syncOpts.match.length == 2)\n\t\tsyncOpts.match.push(seriesIdxMatcher);\n', ''],
  ['uPlot.sync = _sync;\n', ''],
  // Times always run to the right.
  ['scaleX.ori == 0', 'true'],
  ['scaleX.ori == 1', 'false'],
  ['sc.ori == 1', 'sc.key == "y"'],
  // Scales: linear and powers of ten, their ranges given by chart.tsx.
  [
    'fnOrSelf(rn || (isTime ? snapTimeX : scaleKey == xScaleKey ?\n' +
      '\t\t\t\t\t(sc.distr == 3 ? snapLogX : sc.distr == 4 ? snapAsinhX : snapNumX) :\n' +
      '\t\t\t\t\t(sc.distr == 3 ? snapLogY : sc.distr == 4 ? snapAsinhY : snapNumY)\n' +
      '\t\t\t\t))',
    'fnOrSelf(rn)',
  ],
  ['sc.distr == 100 ?', 'false ?'],
  ['distr == 4 ? sinh(', 'false ? sinh('],
  ['distr == 100 ? sc.bwd(', 'false ? sc.bwd('],
  ['sc.distr == 4 ', 'false '],
  ['scale.distr == 2', 'false'],
  ['sc.distr == 2', 'false'],
  ['scaleX.distr != 2', 'true'],
  [' distr == 4 ?', ' false ?'],
  [' distr == 100 ?', ' false ?'],
  ['if (scaleKey != xScaleKey || (mode == 2 && !isTime)) {', 'if (false) {'],
  // No series comes to the fore.
  ['const cursorFocus = focus.prox >= 0;', 'const cursorFocus = false;'],
  ['const cursorOnePt = cursorFocus && points.one;', 'const cursorOnePt = false;'],
  // Bars of one colour.
  ['const disp = ifNull(opts.disp, EMPTY_OBJ);', 'const disp = EMPTY_OBJ;'],
  ['let multiPath = false;', 'const multiPath = false;'],
  ['if (dispFills != null && (strokeWidth == 0 || dispStrokes != null)) {', 'if (false) {'],
  ['if (x0 != null && size != null) {', 'if (false) {'],
  ['if (y0 != null && y1 != null) {', 'if (false) {'],
  ['if (dataY0 != null) {', 'if (false) {'],
];

export function trimUplot(): Plugin {
  return {
    name: 'trim-uplot',
    transform(code, id) {
      if (!id.endsWith('uPlot.esm.js')) return undefined;
      for (const [from, to] of kEdits) {
        if (!code.includes(from)) this.error(`uPlot has changed, it has no more: ${from}`);
        code = code.replaceAll(from, to);
      }
      return { code, map: null };
    },
  };
}
