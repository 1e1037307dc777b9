using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Logs;

/// <summary>Dropping inline bytes that have moved to blocks, and checking what is on disk.</summary>
internal sealed partial class LocalLog
{
    private const int CopyBuffer = 256 * 1024;

    /// <summary>Records in the log files that carry inline bytes and that <paramref name="isLive"/> refuses, and those
    /// bytes.</summary>
    public (long Records, long Bytes) DeadInline(Func<long, bool> isLive)
    {
        var (records, bytes) = (0L, 0L);
        lock (_commitGate)
        {
            foreach (var (number, length) in _segments.SelectMany(segment => segment.InlineRecords.Records))
            {
                if (!isLive(number))
                {
                    records++;
                    bytes += length;
                }
            }
        }

        return (records, bytes);
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
            try
            {
                Check(segment, findings);
            }
            catch (FileNotFoundException) when (!Notes().Any(note => note.Name == segment.Header.Name))
            {
                // Trimmed meanwhile: every frame of it was checked then.
                continue;
            }

            progress?.Invoke(segment.Length);
        }

        return findings;
    }

    private void Check(LogSegment segment, List<string> findings)
    {
        var path = $"{Folder}/{segment.Header.Name}";
        using var file = _files.Open(path, FileOpenMode.Read);
        var walk = new LogWalk(file, path, _limits, segment.Length);
        walk.Run(static (in LogFrame _, LogSpot _, ReadOnlySpan<byte> _, ReadOnlySpan<byte> _) => { });
        if (!walk.IsReadable || !walk.IsSound || walk.Number != segment.End)
        {
            var record = walk.FirstDamaged >= 0 ? walk.FirstDamaged : walk.Number;
            findings.Add($"log record {record} in {segment.Header.Name} is damaged");
        }
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
        var target = new LogSegment
        {
            Header = header,
            Count = run.Sum(segment => segment.Count),
            Position = run[0].Position,
        };
        using (var file = WriteFile(_files, header, to => run.ForEach(from => CopyFrames(from, isLive, to, target))))
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

    /// <summary>Copies a file's frames, each checked on the way: a damaged file is not rewritten.</summary>
    private void CopyFrames(LogSegment segment, Func<long, bool> isLive, IFile to, LogSegment target)
    {
        var path = $"{Folder}/{segment.Header.Name}";
        using var from = _files.Open(path, FileOpenMode.Read);
        var walk = new LogWalk(from, path, _limits);
        var buffer = new byte[CopyBuffer];
        var buffered = 0;
        walk.Run((in LogFrame frame, LogSpot spot, ReadOnlySpan<byte> record, ReadOnlySpan<byte> inline) =>
        {
            var keeps = frame.InlineLength > 0 && isLive(spot.Number);
            var kept = new LogFrame
            {
                RecordLength = frame.RecordLength,
                InlineLength = keeps ? frame.InlineLength : 0,
                Flags = frame.Flags,
                InlineCheck = keeps ? frame.InlineCheck : 0,
                Hash = frame.Hash,
            };
            if (buffered + kept.Length > buffer.Length)
            {
                to.Append(buffer.AsSpan(0, buffered));
                buffered = 0;
                buffer = kept.Length > buffer.Length ? new byte[kept.Length] : buffer;
            }

            kept.Write(buffer.AsSpan(buffered));
            record.CopyTo(buffer.AsSpan(buffered + LogFrame.HeaderSize));
            inline[..kept.InlineLength].CopyTo(buffer.AsSpan(buffered + LogFrame.HeaderSize + record.Length));
            buffered += kept.Length;
            if (keeps)
            {
                target.InlineRecords.Add(spot.Number, kept.InlineLength);
            }
        });
        if (!walk.IsReadable || !walk.IsSound || walk.Number != segment.End)
        {
            throw new StoreDamagedException($"{segment.Header.Name} is damaged and was not rewritten");
        }

        if (buffered > 0)
        {
            to.Append(buffer.AsSpan(0, buffered));
        }
    }
}
