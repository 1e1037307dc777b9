namespace Omega.P2P.Storage.Files;

/// <summary>
/// Bytes of one simulated file: what the process sees, and what the platter would give back after a power loss. Files
/// only grow at the end or are cut, so the durable bytes are a prefix of the visible ones unless a cut is unsynced.
/// </summary>
internal sealed class MemoryInode
{
    private const int SectorSize = 512;

    private byte[] _bytes = [];
    private byte[]? _durableBeforeCut;
    private int _durableLength;

    public int Length { get; private set; }

    /// <summary>Bytes by which the file exceeds what is durable; zero when synced.</summary>
    public int UnsyncedLength => Math.Max(0, Length - _durableLength);

    public int ReadAt(long offset, Span<byte> destination)
    {
        if (offset >= Length)
        {
            return 0;
        }

        var count = (int)Math.Min(destination.Length, Length - offset);
        _bytes.AsSpan((int)offset, count).CopyTo(destination);
        return count;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var needed = Length + bytes.Length;
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
        }

        bytes.CopyTo(_bytes.AsSpan(Length));
        Length = needed;
    }

    public void Truncate(long length)
    {
        if (length > Length)
        {
            throw new IOException($"cannot cut {Length} bytes to {length}");
        }

        if (length < _durableLength && _durableBeforeCut is null)
        {
            _durableBeforeCut = _bytes.AsSpan(0, _durableLength).ToArray();
        }

        Length = (int)length;
    }

    public void Sync()
    {
        _durableLength = Length;
        _durableBeforeCut = null;
    }

    /// <summary>Changes one byte in place, durably: rot.</summary>
    public void Flip(long offset, byte mask) => _bytes[(int)offset] ^= mask;

    /// <summary>Another file with the same bytes, all durable.</summary>
    public MemoryInode Copy() =>
        new() { _bytes = _bytes.AsSpan(0, Length).ToArray(), Length = Length, _durableLength = Length };

    /// <summary>Takes the state after a power loss; <paramref name="kept"/> of the unsynced bytes survive, the last
    /// <paramref name="zeroedSectors"/> sectors of those as zeros.</summary>
    public void Crash(int kept, int zeroedSectors)
    {
        if (_durableBeforeCut is not null)
        {
            _bytes = _durableBeforeCut;
            _durableBeforeCut = null;
            Length = _durableLength;
            return;
        }

        var length = Math.Min(Length, _durableLength + kept);
        var zeroFrom = Math.Max(_durableLength, length - zeroedSectors * SectorSize);
        _bytes.AsSpan(zeroFrom, length - zeroFrom).Clear();
        Length = length;
        _durableLength = length;
    }
}
