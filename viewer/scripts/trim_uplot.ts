// Leaves out of uPlot what the viewer does not use. It comes as one function, out of which a
// bundler can remove nothing by itself: dates as text (chart.tsx has its own), curves and steps,
// joining of tables, times in milliseconds, bands,
// two-dimensional data, series that come and go, charts that follow each other. A line that is no longer there is an error.
import type { Plugin } from 'vite';

const kEdits: [from: string, to: string][] = [
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
  ['\t\t\tsync.pub(type, src, x, y, w, h, i);\n', '{}'],
  ['uPlot.sync = _sync;\n', ''],
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
