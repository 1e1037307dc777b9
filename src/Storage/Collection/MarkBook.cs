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

    public void Add(long record, LogRecord.Mark mark)
    {
        if (_marks.Count == MarksMax)
        {
            _marks.RemoveAt(0);
        }

        _marks.Add((record, mark.RunningMs));
    }

    /// <summary>Whatever was dead before this record has waited long enough; 0: nothing has.</summary>
    public long RipeBefore(long runningMs, long graceMs)
    {
        var index = _marks.FindLastIndex(mark => mark.RunningMs <= runningMs - graceMs);
        return index < 0 ? 0 : _marks[index].Record;
    }
}
