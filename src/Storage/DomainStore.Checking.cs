using System.Buffers;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Eviction;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Storage;

/// <summary>Holding the disk against the names.</summary>
public sealed partial class DomainStore
{
    private const int VerifyBuffer = 1024 * 1024;

    /// <summary>Checks the log's chain, the public history against its signed head, and every block against its
    /// BlockId; findings come as they are made. Reads and writes go on meanwhile.</summary>
    /// <param name="depth">How much is read.</param>
    /// <param name="progress">Told after each block, with the bytes of all blocks as total.</param>
    public IEnumerable<VerifyFinding> Verify(VerifyDepth depth, Action<VerifyProgress>? progress)
    {
        foreach (var damage in _log.Check(null))
        {
            yield return new VerifyFinding("log-damaged", damage, null, []);
        }

        foreach (var finding in CheckHistory())
        {
            yield return finding;
        }

        List<BlockState> blocks;
        lock (_core.State)
        {
            blocks = [.. _core.Chunks.Blocks.OrderBy(block => block.Id)];
        }

        var total = blocks.Where(block => block.IsHere).Sum(block => (long)block.Length);
        long done = 0;
        foreach (var block in blocks)
        {
            if (CheckBlock(block, depth) is { } finding && IsKnown(block))
            {
                yield return finding;
            }

            done += block.IsHere ? block.Length : 0;
            progress?.Invoke(new VerifyProgress(done, total));
        }
    }

    /// <summary>The public files against the heads signed over them. Opening the store again mends them from the
    /// log.</summary>
    private List<VerifyFinding> CheckHistory()
    {
        var findings = new List<VerifyFinding>();
        Ed25519PublicKey[] keys;
        lock (_core.State)
        {
            keys = [.. _state.Chain.Versions.Select(version => version.Dam.HeadKey).Distinct()];
        }

        try
        {
            var verifier = new HistoryVerifier(History, keys);
            findings.AddRange(verifier.Verify(epoch => new LogOrigin(DomainId, epoch))
                .Select(found => new VerifyFinding("history-damaged", $"{found.Place}: {found.Message}", null, [])));
        }
        catch (IOException failure)
        {
            findings.Add(new VerifyFinding("history-damaged", failure.Message, null, []));
        }

        return findings;
    }

    private VerifyFinding? CheckBlock(BlockState block, VerifyDepth depth)
    {
        BlockDirectory directory;
        try
        {
            directory = _core.Blocks.ReadDirectory(block.Id);
        }
        catch (Exception failure) when (failure is FileNotFoundException or StoreDamagedException)
        {
            var hit = ArtifactsHit(block, null);
            return block.IsHere && !_core.Blocks.HasBytes(block.Id)
                ? new VerifyFinding("block-missing", $"{block.Id} is not on the disk", block.Id, hit)
                : new VerifyFinding(
                    "directory-damaged", $"the directory of {block.Id} cannot be read", block.Id, hit);
        }

        if (!block.IsHere || depth == VerifyDepth.Structure)
        {
            return null;
        }

        try
        {
            using var file = _core.Blocks.OpenBlock(block.Id);
            return HashOf(file) == block.Id.Hash
                ? null
                : new VerifyFinding(
                    "block-damaged", $"the bytes of {block.Id} do not hash to its name", block.Id,
                    ArtifactsHit(block, DamagedIn(file, directory)));
        }
        catch (FileNotFoundException)
        {
            return new VerifyFinding(
                "block-missing", $"{block.Id} is not on the disk", block.Id, ArtifactsHit(block, null));
        }
    }

    private static Hash256 HashOf(Files.IFile file)
    {
        using var hasher = Blake3Hasher.Create();
        var buffer = ArrayPool<byte>.Shared.Rent(VerifyBuffer);
        long at = 0;
        int read;
        while ((read = file.ReadAt(at, buffer)) > 0)
        {
            hasher.Update(buffer.AsSpan(0, read));
            at += read;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return hasher.Finish();
    }

    /// <summary>Objects of the block whose own bytes are hit; gaps and the directory belong to none.</summary>
    private static HashSet<Hash256> DamagedIn(Files.IFile file, BlockDirectory directory)
    {
        var damaged = new HashSet<Hash256>();
        foreach (var entry in directory.Entries)
        {
            var bytes = new byte[entry.Length];
            var isWhole = file.ReadAt(entry.Offset, bytes) == bytes.Length
                && (entry.Codec == BlockCodec.ChunkList
                    ? Chunking.ChunkList.TryDecode(bytes, out _)
                    : Blake3.Hash(bytes) == entry.Id);
            if (!isWhole)
            {
                damaged.Add(entry.Id);
            }
        }

        return damaged;
    }

    private IReadOnlyList<ArtifactKey> ArtifactsHit(BlockState block, HashSet<Hash256>? objects)
    {
        objects ??= ObjectsIn(block);
        using var liveness = new Liveness(_core);
        return objects.Count == 0 ? [] : liveness.ArtifactsUsing(objects);
    }

    /// <summary>Objects the index places in a block whose directory cannot be read.</summary>
    private HashSet<Hash256> ObjectsIn(BlockState block)
    {
        lock (_core.State)
        {
            return [.. _core.Chunks.ObjectsIn(block)];
        }
    }
}
