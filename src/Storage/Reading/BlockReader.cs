using System.Buffers;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Reading;

/// <summary>
/// Reads a sealed block as the bytes its BlockId names, directory and trailer included. Opening reads all of it once,
/// checks it against the id and so has its tree (3 ms for 16 MiB). Who may see which part of it is the caller's
/// question: a block holds bytes of several artifacts. Not thread-safe.
/// </summary>
public sealed class BlockReader : IContentReader, IDisposable
{
    private const int BufferSize = 1024 * 1024;

    private readonly IFile _file;

    private BlockReader(BlockId id, IFile file, IOutboardReader outboard)
    {
        Id = id;
        _file = file;
        Outboard = outboard;
    }

    /// <summary>Name of the block.</summary>
    public BlockId Id { get; }

    /// <summary>Length in bytes.</summary>
    public long Size => Outboard.Size;

    /// <summary>The bao tree over the block in groups of 16 KiB.</summary>
    public IOutboardReader Outboard { get; }

    /// <summary>Fills all of <paramref name="destination"/> from an offset on.</summary>
    /// <exception cref="StoreDamagedException">The file ends before.</exception>
    public void ReadAt(long offset, Span<byte> destination)
    {
        if (_file.ReadAt(offset, destination) != destination.Length)
        {
            throw new StoreDamagedException($"{Id} ends before byte {offset + destination.Length}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Opens a block file, whose handle it then owns.</summary>
    internal static BlockReader Open(BlockId id, IFile file)
    {
        try
        {
            Primitives.Bao.Outboard.TryCreate(OutboardOf(id, file), out var outboard);
            return new BlockReader(id, file, outboard!);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The outboard of a block's bytes, which must hash to its name.</summary>
    internal static byte[] OutboardOf(BlockId id, IFile file)
    {
        var builder = new OutboardBuilder();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = file.ReadAt(builder.Size, buffer)) > 0)
            {
                builder.Update(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        var outboard = builder.Finish(out var root);
        return root == id.Hash
            ? outboard
            : throw new StoreDamagedException($"the bytes of {id} do not hash to its name");
    }
}
