using System.Text;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>Law 7: every byte a follower is shown, with and without private artifacts beside the published ones.
/// </summary>
public sealed class BytesShownTests
{
    [Fact]
    public void PrivateArtifactsChangeNoByteButTheBlindedDigestAndWhatIsSignedOverIt()
    {
        var without = Shown(withPrivate: false);
        var with = Shown(withPrivate: true);
        Assert.True(without.Count > 30, $"only {without.Count} messages were compared");
        Assert.Contains(without, m => m.What == "bulk" && m.Bytes.Length > 100_000);
        Assert.Equal(without.Count, with.Count);
        for (var i = 0; i < without.Count; i++)
        {
            Assert.Equal((without[i].AtMs, without[i].What), (with[i].AtMs, with[i].What));
            Assert.Equal(without[i].Bytes, with[i].Bytes);
        }
    }

    [Fact]
    public void PublishingTheSameArtifactsWouldBeSeen()
    {
        var without = Shown(withPrivate: false);
        var with = Shown(withPrivate: true, audience: "peers");
        Assert.NotEqual(without.Select(m => m.Bytes.Length), with.Select(m => m.Bytes.Length));
    }

    private static List<Message> Shown(bool withPrivate, string audience = "internal")
    {
        using var mesh = new Mesh();
        var (alice, bob) = (mesh.Add("alice.personal"), mesh.Add("bob.personal"));
        var messages = new List<Message>();
        alice.Says = effect => Record(effect, mesh, messages);
        var others = withPrivate ? new Beside(alice, mesh, audience) : null;
        others?.Put(1);
        mesh.Join(alice, bob);
        others?.Put(2);
        var puts = alice.Publish(TestRandom.Bytes(200_000, 1), TestRandom.Bytes(900, 2), []);
        bob.AwaitEntries(alice, 3 + (others?.Published ?? 0));
        others?.Put(3);
        var got = bob.Get(puts[0].Content);
        Assert.True(got is EngineResult.Ready, got.ToString());
        got = bob.Get(puts[1].Content);
        Assert.True(got is EngineResult.Ready, got.ToString());
        mesh.Run(5_000);
        others?.Put(4);
        alice.Publish(TestRandom.Bytes(30_000, 3));
        bob.AwaitEntries(alice, 4 + (others?.Published ?? 0));
        others?.Remove();
        alice.Do<EngineResult.Published>(new EngineCommand.Unpublish([puts[1].Key], "peers"));
        bob.AwaitEntries(alice, 3 + (others?.Published ?? 0));
        bob.Stop();
        others?.Put(5);
        alice.Publish(TestRandom.Bytes(10, 4));
        bob.Start();
        bob.AwaitEntries(alice, 4 + (others?.Published ?? 0));
        mesh.Run(200_000);
        var hidden = Hidden(alice.Store);
        return [.. messages.Select(m => m with { Bytes = Blank(m.Finish(), hidden) })];
    }

    private static NetworkEffect Record(NetworkEffect effect, Mesh mesh, List<Message> messages)
    {
        if (effect is NetworkEffect.ArmTimer or NetworkEffect.CancelTimer) return effect;
        var message = new Message(mesh.NowMs, effect.GetType().Name, []);
        if (effect is NetworkEffect.SendFrame frame)
        {
            messages.Add(message with { What = "frame", Bytes = frame.Payload.ToArray() });
            return effect;
        }

        if (effect is not NetworkEffect.SendBulk bulk)
        {
            messages.Add(message);
            return effect;
        }

        var tap = new Tap(bulk.Source);
        messages.Add(message with { What = "bulk", Source = tap });
        return bulk with { Source = tap };
    }

    /// <summary>
    /// What depends on the digest of everything live, and may: its blinded commitment, the snapshot leaves that hold
    /// it, and all hashes above them.
    /// </summary>
    private static HashSet<Hash256> Hidden(DomainStore store)
    {
        var hidden = new HashSet<Hash256>();
        var (epoch, size) = store.History.Epochs[^1];
        for (long index = 0; index < size; index++)
        {
            Assert.True(store.History.TryBody(epoch, index, out _, out var body));
            Assert.True(PublicRecord.TryDecode(body.Span, out var record, out _));
            if (record is PublicRecord.Snapshot snapshot)
            {
                Assert.True(store.History.TryLeaves(epoch, index, index + 1, out var leaf));
                hidden.UnionWith([snapshot.Current, snapshot.Root, leaf[0]]);
            }
        }

        for (long n = 1; n <= size; n++)
        {
            Assert.True(store.History.TryRoot(epoch, n, out var root));
            hidden.Add(root);
            for (long m = 1; m <= n; m++)
            {
                Assert.True(store.History.TryConsistency(epoch, m, n, out var steps));
                Assert.True(store.History.TryInclusion(epoch, m - 1, n, out var path));
                hidden.UnionWith([.. steps, .. path]);
            }
        }

        return hidden;
    }

    /// <summary>The message without the hidden hashes, raw or in base64, and without signatures of notes.</summary>
    private static byte[] Blank(byte[] bytes, HashSet<Hash256> hidden)
    {
        foreach (var hash in hidden)
        {
            Erase(bytes, hash.AsSpan());
            Erase(bytes, Encoding.ASCII.GetBytes(Convert.ToBase64String(hash.AsSpan())));
        }

        // A gossip message's signature: protobuf field 5, 64 bytes.
        ReadOnlySpan<byte> field = [0x2a, 0x40];
        for (var at = bytes.AsSpan().IndexOf(field); at >= 0 && at + 66 <= bytes.Length;)
        {
            bytes.AsSpan(at + 2, 64).Clear();
            var next = bytes.AsSpan(at + 66).IndexOf(field);
            at = next < 0 ? -1 : at + 66 + next;
        }

        var dash = "\n— "u8;
        for (var at = bytes.AsSpan().IndexOf(dash); at >= 0;)
        {
            var line = bytes.AsSpan(at + dash.Length);
            var end = line.IndexOf((byte)'\n');
            line[..(end < 0 ? line.Length : end)].Clear();
            var next = line.IndexOf(dash);
            at = next < 0 ? -1 : at + dash.Length + next;
        }

        return bytes;
    }

    private static void Erase(Span<byte> bytes, ReadOnlySpan<byte> what)
    {
        for (var at = bytes.IndexOf(what); at >= 0; at = bytes.IndexOf(what))
            bytes.Slice(at, what.Length).Clear();
    }

    private sealed record Message(long AtMs, string What, byte[] Bytes)
    {
        public Tap? Source { get; init; }

        public byte[] Finish() => Source is { } tap ? [.. tap.Bytes] : Bytes;
    }

    /// <summary>Passes bytes on and keeps them.</summary>
    private sealed class Tap(IBulkSource inner) : IBulkSource
    {
        public List<byte> Bytes { get; } = [];

        public int Read(Span<byte> buffer)
        {
            var length = inner.Read(buffer);
            Bytes.AddRange(buffer[..length]);
            return length;
        }

        public void Dispose() => inner.Dispose();
    }

    /// <summary>Artifacts that lie beside the published ones; some of the same bytes.</summary>
    private sealed class Beside(StoryNode node, Mesh mesh, string audience)
    {
        private readonly TestRandom _chance = new(4711); // the node's own chance must not notice
        private readonly List<PutResult> _puts = [];

        public int Published { get; private set; }

        public void Put(ulong round)
        {
            byte[][] contents =
            [
                TestRandom.Bytes(700, 100 + round),
                TestRandom.Bytes(150_000, 200 + round),
                TestRandom.Bytes(200_000, 1),
            ];
            foreach (var bytes in contents)
            {
                using var put = node.Store.BeginPut(new PutRequest
                {
                    Type = $"secret.kind{round}",
                    Brane = StoryNode.Brane,
                    Audience = audience,
                });
                put.Write(bytes);
                var nonce = new byte[Attestation.NonceBytes];
                _chance.Fill(nonce);
                _puts.Add(put.Complete(list => [node.Attest(list[0], nonce)], mesh.Now));
                if (audience == "internal") continue;
                node.Store.Publish(_puts[^1].Key, audience, mesh.Now);
                Published++;
            }

            node.Store.AddPin(_puts[^1].Key, "mine", mesh.Now);
        }

        public void Remove() => Published -= node.Store.Remove([_puts[0].Key], "no longer wanted", mesh.Now);
    }
}
