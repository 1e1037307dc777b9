using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage;

/// <summary>A package becoming durable and visible.</summary>
public sealed partial class DomainStore
{
    /// <summary>Objects one record may name, so that it stays under its bound.</summary>
    private const int InlineObjectsMax = 256;

    internal PutResult CompletePackage(
        PackagePut package, PackageManifest manifest, AttestMany attest, Instant now)
    {
        RequireWritable();
        foreach (var file in manifest.Files)
        {
            if (!package.Files.TryGetValue(file.Content, out var size) || size != file.Size)
            {
                throw Incomplete(file);
            }
        }

        // Enough small files fill blocks; the few of a small package ride in the log as any small content does.
        if (package.Small is not null)
        {
            package.FlushSmall();
        }

        using var writer = new ContentWriter(_core, package.Use);
        writer.Write(manifest.Encode());
        var result = Stage(writer, staged =>
        {
            lock (_core.State)
            {
                staged.Settle(writer.Usable);
            }

            var request = package.Request;
            var descriptor = Descriptor.Create(
                staged.Content, staged.Size, request.Type, request.Meta, request.Refs);
            return OneAtATime(descriptor.Key, () =>
            {
                var known = FindOwn(descriptor.Key, out var isLive);
                var isAttested = IsAttestedBy(known, request.Brane);
                var isNew = package.Small is not null || package.Held.Count > 0
                    || package.Staged.Any(content => !content.IsAllKept);
                if (isAttested && isLive && staged.IsAllKept && !isNew)
                {
                    return new PutResult(descriptor.Key, staged.Content, staged.Size, AlreadyThere: true);
                }

                var entry = isAttested ? known! : Attest(descriptor, known, attest, now);
                RequireEntryFits(entry);
                AdmitPackage(package, manifest, staged, entry, now);
                return new PutResult(descriptor.Key, staged.Content, staged.Size, AlreadyThere: false);
            });
        });
        SettleBeside(result.AlreadyThere ? 0 : manifest.Files.Length);
        return result;
    }

    /// <summary>Blocks, then the files that ride in the log, then the artifact: a commit that was cut short shows no
    /// package.</summary>
    private void AdmitPackage(
        PackagePut package, PackageManifest manifest, StagedContent staged, SignedArtifact entry, Instant now)
    {
        var request = package.Request;
        var add = new LogRecord.Add(
            entry.Bytes.ToArray(), request.Audience, request.Tenant, now.UnixMs, Source: null, staged.InlineObjects);
        var all = package.Staged.Append(staged).ToList();
        List<BlockSink> sinks = [.. all.SelectMany(content => content.Sinks)];
        if (package.Small is { } small)
        {
            sinks.Add(small);
        }

        _gate.EnterReadLock();
        try
        {
            RequireStillKept(package, manifest);
            foreach (var content in all)
            {
                RequireStillHere(content.SealedEarly);
            }

            BlockSink.SealAll(_core, sinks);
            var items = StagedContent.SealItems(sinks).ToList();
            var carried = Groups(package.Held.Concat(package.Staged.SelectMany(content => content.Inline))).ToList();
            var firstCarried = items.Count;
            items.AddRange(carried.Select(group => CopyItem(package.Use.Class, group)));
            items.Add(staged.ItemOf(add));
            _log.Commit(items, first =>
            {
                lock (_core.State)
                {
                    AddBlocks([.. sinks.Except(staged.Sinks)]);
                    for (var i = 0; i < carried.Count; i++)
                    {
                        AddCarried(package.Use.Class, carried[i], first + firstCarried + i);
                    }

                    staged.Apply(first + items.Count - 1);
                    _state.PutArtifact(first + items.Count - 1, entry, add);
                    _lastPutRunningMs = Math.Max(_lastPutRunningMs, now.RunningMs);
                }
            });
            staged.Keep();
            package.Keep();
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>What was kept by name alone may have been evicted since. Under the gate, so that it stays.</summary>
    private void RequireStillKept(PackagePut package, PackageManifest manifest)
    {
        var brought = package.Staged.Select(content => content.Content.Hash).ToHashSet();
        brought.UnionWith(package.Held.Select(held => held.Object.Id));
        if (package.Small is { } small)
        {
            small.Close();
            brought.UnionWith(small.Blocks.SelectMany(block => block.Directory.Entries).Select(entry => entry.Id));
        }

        foreach (var file in manifest.Files)
        {
            if (file.Size > 0 && !brought.Contains(file.Content.Hash)
                && !IsKept(file.Content, package.Request.Audience, package.Request.Tenant))
            {
                throw Incomplete(file);
            }
        }
    }

    /// <summary>Small objects for the log, and the small parts of large ones (chunk lists), grouped to fit
    /// records.</summary>
    private IEnumerable<InlineBytes[]> Groups(IEnumerable<InlineBytes> all)
    {
        var group = new List<InlineBytes>();
        var bytes = 0;
        foreach (var inline in all)
        {
            if (group.Count == InlineObjectsMax
                || (group.Count > 0 && bytes + inline.Bytes.Length > _core.Limits.InlineRecordMax))
            {
                yield return [.. group];
                group.Clear();
                bytes = 0;
            }

            group.Add(inline);
            bytes += inline.Bytes.Length;
        }

        if (group.Count > 0)
        {
            yield return [.. group];
        }
    }

    private static LogItem CopyItem(StorageClass use, InlineBytes[] group)
    {
        var copy = new LogRecord.Copy(use.Audience, use.Tenant, [.. group.Select(inline => inline.Object)]);
        return new LogItem(LogRecordCodec.Encode(copy), [.. group.SelectMany(inline => inline.Bytes)]);
    }

    private void AddCarried(StorageClass contents, InlineBytes[] group, long record)
    {
        foreach (var inline in group)
        {
            var tag = inline.Object.Codec == BlockCodec.Raw ? contents.Tag : contents.Lists.Tag;
            _core.Pending.Add(new(inline.Object.Id, inline.Object.Codec, tag, record, inline.Bytes));
        }
    }

    private static StoreRefusedException Incomplete(PackageFile file) =>
        new("package-incomplete", $"the bytes of {file.Path} ({file.Content}) were not brought and are not here");
}
