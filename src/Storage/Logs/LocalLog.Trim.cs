using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Logs;

/// <summary>Dropping inline bytes that have moved to blocks, and checking what is on disk.</summary>
internal sealed partial class LocalLog
{
    /// <summary>Inline bytes in the log files whose record is not in <paramref name="isLive"/>.</summary>
    public long DeadInlineBytes(Func<long, bool> isLive)
    {
        lock (_commitGate)
        {
            return _segments.Sum(segment => DeadIn(segment, isLive));
        }
    }

    /// <summary>
    /// Rewrites closed files without the inline bytes of records that <paramref name="isLive"/> refuses, joining
    /// neighbours that have become small. Records, their hashes and numbers stay. Call from one maintainer at a time.
    /// </summary>
    /// <returns>Bytes the log shrank by.</returns>
    public long Trim(Func<long, bool> isLive)
    {
        long saved = 0;
        var index = 0;
        while (TryPickRun(isLive, ref index, out var run))
        {
            saved += Rewrite(run, isLive);
            index++;
        }

        return saved;
    }

    /// <summary>Re-reads every file and checks chain, hashes and inline bytes.</summary>
    /// <returns>One sentence per damage.</returns>
    public IReadOnlyList<string> Check(Action<long>? progress)
    {
        List<string> findings = [];
        List<LogSegment> segments;
        lock (_commitGate)
        {
            segments = [.. _segments.Select(segment => new LogSegment
            {
                Header = segment.Header, Count = segment.Count, Length = segment.Length,
            })];
        }

        foreach (var segment in segments)
        {
            var bytes = ReadAll(_files, $"{Folder}/{segment.Header.Name}");
            var scan = new LogScan(
                bytes.AsSpan(0, (int)Math.Min(bytes.Length, segment.Length)), segment.Header, _limits.LogRecordMax);
            scan.Run();
            if (scan.FirstDamaged >= 0 || scan.IsTorn || scan.Number != segment.End)
            {
                var record = scan.FirstDamaged >= 0 ? scan.FirstDamaged : scan.Number;
                findings.Add($"log record {record} in {segment.Header.Name} is damaged");
            }

            progress?.Invoke(bytes.Length);
        }

        return findings;
    }

    private static long DeadIn(LogSegment segment, Func<long, bool> isLive) =>
        segment.InlineRecords.Records.Sum(inline => isLive(inline.Number) ? 0L : inline.Length);

    /// <summary>The next run of closed neighbours worth one rewrite, from <paramref name="index"/> on.</summary>
    private bool TryPickRun(Func<long, bool> isLive, ref int index, out List<LogSegment> run)
    {
        run = [];
        lock (_commitGate)
        {
            for (; index < _segments.Count - 1; index++)
            {
                if (DeadIn(_segments[index], isLive) == 0)
                {
                    continue;
                }

                // A small file before it is taken along: ten years of idle hours shall not leave ten years of files.
                while (index > 0 && _segments[index - 1].Length < _limits.LogSegmentTarget / 4)
                {
                    index--;
                }

                long length = 0;
                for (var i = index; i < _segments.Count - 1 && length < _limits.LogSegmentTarget; i++)
                {
                    run.Add(_segments[i]);
                    length += _segments[i].Length - DeadIn(_segments[i], isLive);
                }

                return true;
            }
        }

        return false;
    }

    private long Rewrite(List<LogSegment> run, Func<long, bool> isLive)
    {
        var header = run[0].Header with { Generation = run.Max(segment => segment.Header.Generation) + 1 };
        var frames = new List<byte>();
        var target = new LogSegment
        {
            Header = header, Count = run.Sum(segment => segment.Count), Position = run[0].Position,
        };
        foreach (var segment in run)
        {
            CopyFrames(segment, isLive, frames, target);
        }

        using (var file = WriteFile(_files, header, frames.ToArray()))
        {
            target.Length = file.Length;
        }

        lock (_commitGate)
        {
            var at = _segments.IndexOf(run[0]);
            _segments.RemoveRange(at, run.Count);
            _segments.Insert(at, target);
        }

        foreach (var segment in run)
        {
            CloseForReading(segment.Header.Name);
            _files.Delete($"{Folder}/{segment.Header.Name}");
        }

        return run.Sum(segment => segment.Length) - target.Length;
    }

    private void CopyFrames(LogSegment segment, Func<long, bool> isLive, List<byte> frames, LogSegment target)
    {
        var bytes = ReadAll(_files, $"{Folder}/{segment.Header.Name}");
        var scan = new LogScan(bytes, segment.Header, _limits.LogRecordMax);
        scan.Run();
        if (scan.FirstDamaged >= 0 || scan.IsTorn || scan.Number != segment.End)
        {
            throw new StoreDamagedException($"{segment.Header.Name} is damaged and was not rewritten");
        }

        Span<byte> head = stackalloc byte[LogFrame.HeaderSize];
        var offset = LogFileHeader.Size;
        for (var number = segment.Header.First; number < segment.End; number++)
        {
            LogFrame.TryRead(bytes.AsSpan(offset), _limits.LogRecordMax, out var frame);
            var keeps = frame.InlineLength > 0 && isLive(number);
            var kept = keeps ? frame : new LogFrame
            {
                RecordLength = frame.RecordLength,
                InlineLength = 0,
                Flags = frame.Flags,
                InlineCheck = 0,
                Hash = frame.Hash,
            };
            kept.Write(head);
            frames.AddRange(head);
            frames.AddRange(bytes.AsSpan(offset + LogFrame.HeaderSize, kept.RecordLength + kept.InlineLength));
            if (keeps)
            {
                target.InlineRecords.Add(number, kept.InlineLength);
            }

            offset += frame.Length;
        }
    }
}
