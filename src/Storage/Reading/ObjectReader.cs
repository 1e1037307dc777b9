using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Storage.Reading;

/// <summary>
/// Reads whole objects (chunks, small contents, lists) and checks each against its id before handing out a byte. Keeps
/// the last block file open. When a block goes away between look-up and read, looks again. Not thread-safe.
/// </summary>
internal sealed class ObjectReader(StoreCore core) : IDisposable
{
    private const int Attempts = 4;

    /// <summary>So many bytes in a row out of one block, and its directory finds the next objects: a content's chunks
    /// mostly lie behind one another. Of small ones a directory has thousands, and is worth reading later.</summary>
    private const int NeighbourBytesMin = 256 * 1024;

    private BlockId _openId;
    private IFile? _open;
    private Hash256 _partId;
    private Spot _part;
    private int _neighbourBytes;
    private Dictionary<Hash256, (int Offset, int Length)>? _directory;

    /// <summary>Reads an object; false where no copy is on this disk.</summary>
    /// <exception cref="StoreDamagedException">The bytes do not hash to the id.</exception>
    public bool TryRead(Hash256 id, BlockCodec codec, out byte[] bytes)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (!TryFind(id, codec, out var pending, out var spot))
            {
                bytes = [];
                return false;
            }

            if (pending is not null)
            {
                bytes = pending.Bytes;
                return true;
            }

            try
            {
                bytes = GC.AllocateUninitializedArray<byte>(spot.Length);
                ReadInto(spot.Block, spot.Offset, bytes);
            }
            catch (FileNotFoundException) when (attempt < Attempts)
            {
                continue;
            }

            // A chunk list is named by the content it describes and carries a check of its own.
            if (codec != BlockCodec.ChunkList && Blake3.Hash(bytes) != id)
            {
                throw new StoreDamagedException($"{ContentId.From(id)} is damaged in {spot.Block}");
            }

            return true;
        }
    }

    /// <summary>Reads neighbouring entries of a block in one go, unchecked; false where the block is not there any
    /// more.</summary>
    /// <exception cref="StoreDamagedException">The block is too short.</exception>
    public bool TryReadRange(Place first, Span<byte> destination)
    {
        try
        {
            ReadInto(first.Block.Id, first.Offset, destination);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Fills <paramref name="destination"/> from inside an object without checking a byte: for whoever proves
    /// them otherwise. False where no copy is on this disk.</summary>
    /// <exception cref="StoreDamagedException">The block is too short.</exception>
    public bool TryReadPart(Hash256 id, int offset, Span<byte> destination)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (_partId != id)
            {
                if (!TryFind(id, BlockCodec.Raw, out var pending, out var spot))
                {
                    return false;
                }

                if (pending is not null)
                {
                    pending.Bytes.AsSpan(offset, destination.Length).CopyTo(destination);
                    return true;
                }

                (_partId, _part) = (id, spot);
            }

            try
            {
                ReadInto(_part.Block, _part.Offset + offset, destination);
                return true;
            }
            catch (FileNotFoundException) when (attempt < Attempts)
            {
                _partId = default;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _open?.Dispose();
        _open = null;
        _openId = default;
        _directory = null;
        _neighbourBytes = 0;
    }

    private bool TryFind(Hash256 id, BlockCodec codec, out PendingObject? pending, out Spot spot)
    {
        (pending, spot) = (null, default);
        if (codec == BlockCodec.Raw && _directory is not null && _directory.TryGetValue(id, out var entry))
        {
            spot = new Spot(_openId, entry.Offset, entry.Length);
            return true;
        }

        Place place;
        lock (core.State)
        {
            if (!core.TryLocate(id, codec, out pending, out place))
            {
                return false;
            }
        }

        if (pending is null)
        {
            spot = new Spot(place.Block.Id, place.Offset, place.Length);
            CountNeighbour(spot);
        }

        return true;
    }

    /// <summary>The open file stays readable, whatever becomes of its name.</summary>
    private void CountNeighbour(Spot spot)
    {
        if (_open is null || spot.Block != _openId || _directory is not null)
        {
            return;
        }

        _neighbourBytes += spot.Length;
        if (_neighbourBytes < NeighbourBytesMin || !core.Blocks.TryReadDirectory(_openId, out var directory))
        {
            return;
        }

        _directory = [];
        foreach (var entry in directory!.Entries.Where(entry => entry.Codec == BlockCodec.Raw))
        {
            _directory.TryAdd(entry.Id, (entry.Offset, entry.Length));
        }
    }

    private void ReadInto(BlockId block, long offset, Span<byte> destination)
    {
        if (_open is null || _openId != block)
        {
            Dispose();
            _open = core.Blocks.OpenBlock(block);
            _openId = block;
        }

        if (_open.ReadAt(offset, destination) != destination.Length)
        {
            throw new StoreDamagedException($"{block} is shorter than its directory says");
        }
    }

    private readonly record struct Spot(BlockId Block, int Offset, int Length);
}
