using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Health;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Storage;

/// <summary>Reading every block now and then, in an order that differs each time, never faster than allowed.</summary>
public sealed partial class DomainStore
{
    /// <summary>Running time between two passes that begin by themselves: 30 days (Garage scrubs every 25 to 35).
    /// </summary>
    private const long ScrubEveryMs = 30L * 86_400_000;

    /// <summary>Bytes after which the place is made durable: what a crash reads again.</summary>
    private const long ScrubSaveBytes = 256L * 1024 * 1024;

    private readonly Lock _scrubGate = new();
    private ScrubState? _scrub;
    private long _scrubGeneration;
    private long _scrubAllowedMs;
    private long _scrubUnsaved;

    /// <summary>How the scrub stands.</summary>
    public ScrubStatus Scrub
    {
        get
        {
            lock (_scrubGate)
            {
                var state = ScrubNow();
                return new ScrubStatus
                {
                    State = !state.IsRunning ? "idle" : state.IsPaused ? "paused" : "running",
                    BytesDone = state.BytesDone,
                    BytesTotal = Stats.BlockBytes,
                    Passes = state.Passes,
                    BegunUnixMs = state.BegunMs,
                    EndedUnixMs = state.EndedMs,
                    RateBytes = state.RateBytes,
                    Repairs = state.Repairs,
                };
            }
        }
    }

    /// <summary>Begins a pass over all blocks, in an order that chance decides; one under way begins again. Durable.
    /// </summary>
    /// <param name="rateBytes">Most bytes a second; null: as before, 32 MiB at first.</param>
    /// <param name="now">The present.</param>
    public void StartScrub(long? rateBytes, Instant now)
    {
        lock (_scrubGate)
        {
            Span<byte> seed = stackalloc byte[Hash256.Size];
            _state.Options.Random.Fill(seed);
            SaveScrub(ScrubNow() with
            {
                Seed = Hash256.From(seed),
                Cursor = default,
                IsRunning = true,
                IsPaused = false,
                BytesDone = 0,
                BegunMs = now.UnixMs,
                RateBytes = Math.Max(1, rateBytes ?? ScrubNow().RateBytes),
            });
            _scrubAllowedMs = now.RunningMs;
        }
    }

    /// <summary>Stops a pass where it is; durable. Nothing happens where none is under way.</summary>
    public void PauseScrub()
    {
        lock (_scrubGate)
        {
            if (ScrubNow().IsRunning)
            {
                SaveScrub(ScrubNow() with { IsPaused = true });
            }
        }
    }

    /// <summary>Goes on where it was paused; durable. Nothing happens where none is under way.</summary>
    public void ResumeScrub(Instant now)
    {
        lock (_scrubGate)
        {
            if (ScrubNow().IsRunning)
            {
                SaveScrub(ScrubNow() with { IsPaused = false });
                _scrubAllowedMs = now.RunningMs;
            }
        }
    }

    /// <summary>
    /// Reads the blocks that the rate allows by now, at least one; begins a pass of its own where the last is long ago.
    /// The driver calls it beside its loop about every second.
    /// </summary>
    /// <returns>False where nothing is left to do now.</returns>
    /// <exception cref="IOException">The disk failed; the place is kept.</exception>
    public bool WorkScrub(Instant now)
    {
        lock (_scrubGate)
        {
            var state = ScrubNow();
            if (!state.IsRunning || state.IsPaused)
            {
                return false;
            }

            if (now.RunningMs < _scrubAllowedMs)
            {
                return true;
            }

            var next = NextToScrub(state);
            if (next is null)
            {
                SaveScrub(state with { IsRunning = false, Passes = state.Passes + 1, EndedMs = now.UnixMs });
                return false;
            }

            var (block, place) = next.Value;
            var finding = CheckBlock(block, VerifyDepth.Bytes);
            var repairs = state.Repairs.Where(repair => repair.Block != block.Id).ToList();
            if (finding is not null && IsKnown(block) && repairs.Count < ScrubState.RepairsMax)
            {
                repairs.Add(new RepairWanted(block.Id, finding.Code, now.UnixMs));
            }

            var isNews = repairs.Count != state.Repairs.Count;
            _scrub = state with { Cursor = place, BytesDone = state.BytesDone + block.Length, Repairs = repairs };
            _scrubUnsaved += block.Length;
            _scrubAllowedMs = Math.Max(_scrubAllowedMs, now.RunningMs - 1000) + block.Length * 1000L / state.RateBytes;
            if (isNews || _scrubUnsaved >= ScrubSaveBytes)
            {
                SaveScrub(_scrub);
            }

            return true;
        }
    }

    /// <summary>Whether the last pass is so long ago that the next is due.</summary>
    public bool IsScrubDue(Instant now)
    {
        lock (_scrubGate)
        {
            var state = ScrubNow();
            return !state.IsRunning && now.UnixMs - Math.Max(state.EndedMs, state.BegunMs) > ScrubEveryMs;
        }
    }

    /// <summary>Removes every view of a closed store; opening it makes them again from log and blocks
    /// (law 5).</summary>
    /// <exception cref="LockedException">It is open.</exception>
    public static void DropViews(Files.IFileSystem fs)
    {
        ArgumentNullException.ThrowIfNull(fs);
        using var held = fs.TryLock(LockPath) ?? throw new LockedException();
        Index.Segments.IndexStore.DeleteAll(fs);
        foreach (var name in fs.Exists("views") ? fs.List("views") : [])
        {
            fs.Delete($"views/{name}");
        }
    }

    private ScrubState ScrubNow() => _scrub ??= ScrubState.Read(_core.Files, out _scrubGeneration);

    private void SaveScrub(ScrubState state)
    {
        ScrubNow();
        // One that failed may have its name all the same: the next takes another.
        _scrubGeneration++;
        state.Write(_core.Files, _scrubGeneration);
        (_scrub, _scrubUnsaved) = (state, 0);
    }

    /// <summary>The block after the cursor in this pass's order; blocks that came since are in it, too. Looks at one
    /// 256th of the blocks.</summary>
    private (BlockState Block, Hash256 Place)? NextToScrub(ScrubState state)
    {
        for (var part = state.Cursor.AsSpan()[0]; ; part++)
        {
            (BlockState Block, Hash256 Place)? next = null;
            foreach (var block in BlocksById([(byte)(part ^ state.Seed.AsSpan()[0])]).Where(block => block.IsHere))
            {
                var place = PlaceOf(state.Seed, block.Id);
                if (place.CompareTo(state.Cursor) > 0 && (next is null || place.CompareTo(next.Value.Place) < 0))
                {
                    next = (block, place);
                }
            }

            if (next is not null || part == byte.MaxValue)
            {
                return next;
            }
        }
    }

    /// <summary>Blocks of one folder come together, folders and the blocks in each in an order of the seed's.</summary>
    private static Hash256 PlaceOf(Hash256 seed, BlockId block)
    {
        var place = new byte[Hash256.Size];
        Blake3.KeyedHash(seed.AsSpan(), block.AsSpan(), place);
        place[0] = (byte)(block.AsSpan()[0] ^ seed.AsSpan()[0]);
        return Hash256.From(place);
    }
}
