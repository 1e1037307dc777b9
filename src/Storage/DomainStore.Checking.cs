using System.Buffers;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Storage.Blocks;
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

        long total;
        lock (_core.State)
        {
            total = _core.Chunks.Totals.BytesHere;
        }

        long done = 0;
        foreach (var block in BlocksById([]))
        {
            if (CheckBlock(block, depth) is { } finding && IsKnown(block))
            {
                yield return finding;
            }

            done += block.IsHere ? block.Length : 0;
            progress?.Invoke(new VerifyProgress(done, total));
        }

        foreach (var finding in CheckUnreadable())
        {
            yield return finding;
        }
    }

    /// <summary>Blocks of which nothing could be read on opening: what was in them is not known.</summary>
    private IEnumerable<VerifyFinding> CheckUnreadable()
    {
        for (var folder = 0; folder <= byte.MaxValue; folder++)
        {
            List<BlockId> ids;
            lock (_core.State)
            {
                ids = _core.Chunks.UnreadableIn([(byte)folder]);
            }

            foreach (var id in ids)
            {
                yield return _core.Blocks.HasBytes(id)
                    ? new VerifyFinding("directory-damaged", $"the directory of {id} cannot be read", id, [])
                    : new VerifyFinding("block-missing", $"{id} is not on the disk", id, []);
            }
        }
    }

    /// <summary>Blocks by id whose id begins with some bytes, a page at a time; what comes or goes meanwhile may or may
    /// not be in it.</summary>
    private IEnumerable<BlockState> BlocksById(byte[] prefix)
    {
        const int PageCount = 256;
        List<BlockState> page;
        BlockId? after = null;
        do
        {
            lock (_core.State)
            {
                page = _core.Chunks.PageAfter(after, prefix, PageCount);
            }

            foreach (var block in page)
            {
                yield return block;
                after = block.Id;
            }
        }
        while (page.Count == PageCount);
    }

    /// <summary>Holds all folders of blocks against what the log says. Under the maintenance lock.</summary>
    private void CheckFolders()
    {
        _folders.Restart();
        CheckFolders(int.MaxValue);
    }

    /// <summary>Goes on with that where it was left, folder by folder, as far as so many names. Writers wait only for a
    /// folder in which something is to be mended. Under the maintenance lock.</summary>
    private void CheckFolders(int namesMax)
    {
        for (var names = 0; !_folders.IsDone && names < namesMax;)
        {
            if (!_folders.HasWork(out var looked))
            {
                names += looked;
                _folders.Skip();
                continue;
            }

            _gate.EnterWriteLock();
            try
            {
                // After a failed sync the log may yet turn out to name what it does not name now.
                names += _log.HasFailed ? looked : _folders.Step();
            }
            finally
            {
                _gate.ExitWriteLock();
            }

            if (_log.HasFailed)
            {
                return;
            }
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

    /// <summary>Artifacts with bytes among the objects, oldest first.</summary>
    private List<ArtifactKey> ArtifactsHit(BlockState block, HashSet<Hash256>? objects)
    {
        try
        {
            CatchUpBriefly();
        }
        catch (StoreDamagedException)
        {
            // A list that cannot be read is a finding, too; what was known of the uses before is told.
        }

        var hit = new Dictionary<ArtifactKey, long>();
        foreach (var id in objects ?? ObjectsIn(block))
        {
            lock (_core.State)
            {
                foreach (var record in _state.Uses.ArtifactsWith(id))
                {
                    hit.TryAdd(record.Key, record.CreatedMs);
                }
            }
        }

        return [.. hit.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key).Select(pair => pair.Key)];
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
