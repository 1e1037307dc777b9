using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Collection;

/// <summary>Marks of collection, newest last. Guarded by the state lock.</summary>
internal sealed class MarkBook
{
    /// <summary>Marks remembered; a forgotten one only makes what it covered wait for the next.</summary>
    private const int MarksMax = 256;

    private readonly List<(long Record, long RunningMs)> _marks = [];

    /// <summary>Number of the newest mark's record; 0 where there is none.</summary>
    public long LastRecord => _marks.Count == 0 ? 0 : _marks[^1].Record;

    /// <summary>Running time at the newest mark; 0 where there is none.</summary>
    public long LastRunningMs => _marks.Count == 0 ? 0 : _marks[^1].RunningMs;

    /// <summary>Takes a mark.</summary>
    /// <returns>The record of the mark that was forgotten for it; 0 where none was.</returns>
    public long Add(long record, LogRecord.Mark mark)
    {
        var forgotten = 0L;
        if (_marks.Count == MarksMax)
        {
            forgotten = _marks[0].Record;
            _marks.RemoveAt(0);
        }

        _marks.Add((record, mark.RunningMs));
        return forgotten;
    }

    /// <summary>Whatever was dead before this record has waited long enough; 0: nothing has.</summary>
    public long RipeBefore(long runningMs, long graceMs)
    {
        var index = _marks.FindLastIndex(mark => mark.RunningMs <= runningMs - graceMs);
        return index < 0 ? 0 : _marks[index].Record;
    }
}
