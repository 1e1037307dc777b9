using System.Globalization;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Collection;

/// <summary>
/// How long a domain has been open in all, and whether the wall clock can be believed (law 12). Both are told by the
/// name of one empty file, <c>gc/seen-&lt;running ms&gt;-&lt;Unix ms&gt;</c>, 16 digits each; the largest counts, older
/// ones are removed after it is durable. Where it is lost the running time begins at the last mark: everything only
/// waits longer. Thread-safe.
/// </summary>
internal sealed class RunningClock
{
    private const string Folder = "gc";
    private const string Prefix = "seen-";
    private const long SavePeriodMs = 60_000;

    private readonly Lock _gate = new();
    private readonly IFileSystem _files;
    private readonly StoreLimits _limits;
    private readonly Instant _opened;
    private readonly long _before;
    private Instant _seen;
    private long _savedMs;
    private long _toldElsewhereMs;
    private bool _isTrusted;

    /// <summary>Takes up the count.</summary>
    /// <param name="files">The store's port.</param>
    /// <param name="limits">What is believed.</param>
    /// <param name="marked">Running time at the last mark.</param>
    /// <param name="lastRecordMs">Latest time the log tells.</param>
    /// <param name="now">The present.</param>
    public RunningClock(IFileSystem files, StoreLimits limits, long marked, long lastRecordMs, Instant now)
    {
        (_files, _limits, _opened) = (files, limits, now);
        var (running, wall) = Newest(files);
        _before = Math.Max(running, marked);
        _savedMs = running;
        var told = Math.Max(wall, lastRecordMs);
        (_seen, _isTrusted) = told == 0 ? (now, true) : (now with { UnixMs = told }, false);
    }

    /// <summary>Running time over all openings.</summary>
    public long RunningMs(Instant now) => _before + Math.Max(0, now.RunningMs - _opened.RunningMs);

    /// <summary>Takes note of a time that a trusted peer told.</summary>
    public void NoteElsewhere(long unixMs)
    {
        lock (_gate)
        {
            _toldElsewhereMs = Math.Max(_toldElsewhereMs, unixMs);
        }
    }

    /// <summary>Believes the clock from now on: a person has looked.</summary>
    public void Trust(Instant now)
    {
        lock (_gate)
        {
            (_seen, _isTrusted, _toldElsewhereMs) = (now, true, 0);
        }
    }

    /// <summary>Why the clock is not to be believed; null where it is. A clock once believed is held against the
    /// running time from then on.</summary>
    public string? Doubt(Instant now)
    {
        lock (_gate)
        {
            var expected = _seen.UnixMs + Math.Max(0, now.RunningMs - _seen.RunningMs);
            var ahead = now.UnixMs - expected;
            if (now.UnixMs < _seen.UnixMs - _limits.ClockBehindMax)
            {
                return $"the clock is {Minutes(_seen.UnixMs - now.UnixMs)} min behind what the log has seen";
            }

            if (now.UnixMs < _toldElsewhereMs - _limits.ClockBehindMax)
            {
                return $"the clock is {Minutes(_toldElsewhereMs - now.UnixMs)} min behind what peers have told";
            }

            // While the domain is open the clock must keep step; while it was closed any time may have passed.
            var aheadMax = _isTrusted ? _limits.ClockBehindMax : _limits.ClockAheadMax;
            if (ahead > aheadMax)
            {
                return $"the clock is {Minutes(ahead)} min ahead of what the log has seen";
            }

            (_seen, _isTrusted) = (now with { UnixMs = Math.Max(now.UnixMs, _seen.UnixMs) }, true);
            return null;
        }
    }

    /// <summary>Makes the count durable, once a minute; <paramref name="always"/>: now.</summary>
    public void Save(Instant now, bool always)
    {
        lock (_gate)
        {
            var running = RunningMs(now);
            if (running <= _savedMs || (!always && running - _savedMs < SavePeriodMs))
            {
                return;
            }

            DurableFiles.CreateFolder(_files, Folder);
            var wall = Math.Max(0, _seen.UnixMs);
            var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{running:D16}-{wall:D16}");
            using (_files.Open($"{Folder}/{name}", FileOpenMode.CreateNew))
            {
            }

            _files.SyncDirectory(Folder);
            _savedMs = running;
            foreach (var old in _files.List(Folder).Where(old => old != name && TryParse(old, out _, out _)))
            {
                _files.Delete($"{Folder}/{old}");
            }
        }
    }

    private static (long Running, long Wall) Newest(IFileSystem files)
    {
        var newest = (Running: 0L, Wall: 0L);
        foreach (var name in files.Exists(Folder) ? files.List(Folder) : [])
        {
            if (TryParse(name, out var running, out var wall) && running > newest.Running)
            {
                newest = (running, wall);
            }
        }

        return newest;
    }

    private static bool TryParse(string name, out long running, out long wall)
    {
        (running, wall) = (0, 0);
        return name.Length == Prefix.Length + 33 && name.StartsWith(Prefix, StringComparison.Ordinal)
            && TryNumber(name.AsSpan(Prefix.Length, 16), out running)
            && TryNumber(name.AsSpan(Prefix.Length + 17), out wall);
    }

    private static bool TryNumber(ReadOnlySpan<char> digits, out long number) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static long Minutes(long ms) => ms / 60_000;
}
