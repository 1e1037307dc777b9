using Omega.P2P.Federation;
using Omega.P2P.Federation.Ipfs;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Tests.Notes;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>What comes from the public IPFS network: trees of blocks, and those who send them.</summary>
internal static class IpfsTargets
{
    /// <summary>A file of three leaves: its blocks in the order in which a walk asks for them.</summary>
    private static readonly List<byte[]> FileBlocks = [];

    private static readonly Cid FileRoot = File();
    private static readonly byte[] FileBytes = [.. FileBlocks.Skip(1).SelectMany(b => b)];

    public static IEnumerable<FuzzTarget> All() =>
    [
        new("bitswap-prefix", [BitswapMessage.PrefixOf(FileRoot), [0, 0x70, 0x12, 0x20]],
            i => BitswapMessage.TryReadPrefix(i, out var version, out _, out var hash)
                ? $"ok {version} {hash is Cid.HashSha256 or Cid.HashBlake3}" : "refused"),
        new("car-header", [new CarHeader([FileRoot]).Encode(), new CarHeader([]).Encode()],
            i => CarHeader.TryDecode(i, out var header) ? FuzzRun.Same(i, header.Encode()) : "refused")
        {
            AllocationPerByte = 256,
        },
        new("unixfs-walk", [Pieces.Join(FileBlocks), Pieces.Join(Folder()), Pieces.Join(Shards())], Walk)
        {
            AllocationPerByte = 1024,
        },
        new("bitswap-fetch", [Pieces.Join(Answers())], Fetch)
        {
            AllocationBase = 1024 * 1024, AllocationPerByte = 1024,
        },
    ];

    private static Cid Named(ulong codec, byte[] block) => CidHash.Of(codec, Cid.HashSha256, block);

    private static Cid File()
    {
        var leaves = new List<byte[]>();
        var builder = new UnixFsBuilder(node => FileBlocks.Add(node.Bytes), Cid.HashSha256);
        foreach (var text in new[] { "first leaf", "second leaf", "third" })
        {
            leaves.Add(System.Text.Encoding.UTF8.GetBytes(text));
            builder.Add(Named(Cid.CodecRaw, leaves[^1]), leaves[^1].Length);
        }

        var root = builder.Finish();
        FileBlocks.AddRange(leaves);
        return root;
    }

    private static byte[] Node(UnixFsKind kind, byte[] data, ulong? size, params (string Name, Cid Cid)[] links) =>
        new DagPbNode(
            [.. links.Select(l => new DagPbLink(l.Cid, l.Name, 9))],
            new UnixFsNode(kind, data, size, []).Encode()).Encode();

    /// <summary>A folder with a file, a symbolic link, a folder and a file whose bytes its CID holds.</summary>
    private static List<byte[]> Folder()
    {
        var file = "abc"u8.ToArray();
        var link = Node(UnixFsKind.Symlink, "a"u8.ToArray(), null);
        var below = Node(UnixFsKind.Directory, [], null);
        var inside = Cid.Create(Cid.CodecRaw, Cid.HashIdentity, "xyz"u8);
        return
        [
            Node(
                UnixFsKind.Directory, [], null, ("a", Named(Cid.CodecRaw, file)), ("b", Named(Cid.CodecDagPb, link)),
                ("c", Named(Cid.CodecDagPb, below)), ("d", inside)),
            file, link, below,
        ];
    }

    private static List<byte[]> Shards()
    {
        byte[] fanOut = [0x08, 5, 0x30, 0x80, 2]; // a shard of 256: its names have two digits before them
        var file = "abc"u8.ToArray();
        var below = new DagPbNode([new DagPbLink(Named(Cid.CodecRaw, file), "01name", 3)], fanOut).Encode();
        return
        [
            new DagPbNode([new DagPbLink(Named(Cid.CodecDagPb, below), "0F", 9)], fanOut).Encode(), below, file,
        ];
    }

    /// <summary>Who gives a walk its blocks answers for their CIDs: here any block is as good as another, so trees have
    /// every shape that bytes can say, and lead back to themselves.</summary>
    private static string Walk(ReadOnlySpan<byte> input)
    {
        var walk = new UnixFsWalk(FileRoot);
        var (parts, bytes, told) = (0, 0L, 0L);
        foreach (var block in Pieces.Split(input))
        {
            if (walk.TakeWants() is [var first, ..] || walk.Waiting.Count > 0 && (first = walk.Waiting.First()) is { })
                walk.TryGive(first, block);
            while (walk.TryTake(out var part))
            {
                parts |= part switch
                {
                    UnixFsPart.File => 1,
                    UnixFsPart.Bytes => 2,
                    UnixFsPart.FileEnd => 4,
                    UnixFsPart.Folder => 8,
                    _ => 16,
                };
                bytes += part is UnixFsPart.Bytes data ? data.Data.Length : 0;
                told += part is UnixFsPart.File file ? file.Size : 0;
            }
        }

        return bytes > told
            ? throw new FuzzFinding($"{bytes} bytes came of files that say {told}")
            : $"{walk.Error} {walk.IsDone} {parts}";
    }

    /// <summary>A file in two messages, as a peer sends it that has it.</summary>
    private static List<byte[]> Answers()
    {
        var blocks = FileBlocks.Select((b, i) => new BitswapBlock(
            BitswapMessage.PrefixOf(Named(i == 0 ? Cid.CodecDagPb : Cid.CodecRaw, b)), b)).ToList();
        return
        [
            new BitswapMessage { Blocks = blocks[..1] }.Encode(),
            new BitswapMessage { Blocks = blocks[1..], Presences = [new BitswapPresence(FileRoot, true)] }.Encode(),
        ];
    }

    /// <summary>Messages of a peer that was asked for a file: nothing but the file's own bytes may be handed out.
    /// </summary>
    private static string Fetch(ReadOnlySpan<byte> input)
    {
        var now = new Instant(0, 1_000);
        var effects = new List<MeshEffect>();
        var walk = new UnixFsWalk(FileRoot);
        var peer = TestKeys.Key(4).PublicKey.ToPeerId();
        if (!Multiaddr.TryParse($"/ip4/10.0.0.1/tcp/4001/p2p/{peer}", out var address, out _))
            throw new InvalidOperationException("our own address");
        var fetch = new IpfsFetch(
            walk, [address], new SeededRandom(1), IpfsFetchLimits.Default, now, effects);
        var link = new LinkId(1);
        var dial = effects.OfType<NetworkEffect.Dial>().First();
        fetch.Handle(new NetworkInput.LinkUp(link, peer, dial.Address, true, dial.Id), now, effects);
        var (number, at) = (1L, 0);
        foreach (var message in Pieces.Split(input))
        {
            var stream = new StreamId(++number);
            fetch.Handle(new NetworkInput.StreamOpened(stream, link, BitswapMessage.ProtocolName), now, effects);
            fetch.Handle(new NetworkInput.FrameArrived(stream, message), now, effects);
            fetch.Handle(new NetworkInput.StreamEnded(stream, false), now, effects);
            while (walk.TryTake(out var part))
            {
                if (part is not UnixFsPart.Bytes { Data: var data })
                    continue;
                if (at + data.Length > FileBytes.Length || !data.Span.SequenceEqual(FileBytes.AsSpan(at, data.Length)))
                    throw new FuzzFinding($"other bytes than the file's were handed out at {at}");
                at += data.Length;
            }

            fetch.GoOn(now, effects);
        }

        var isLeft = effects.OfType<NetworkEffect.DropLink>().Any();
        return $"{fetch.Failure?.Code} {walk.IsDone} {fetch.Blocks} {isLeft}";
    }
}
