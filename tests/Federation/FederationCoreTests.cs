using System.Reflection;
using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Tests;

public sealed class FederationCoreTests
{
    [Fact]
    public void EveryCaseOfEveryClosedSetIsHandledByAFreshCore()
    {
        var loop = new MeshLoop();
        var node = loop.Add("alice.personal", 1);
        var inputs = CasesOf(typeof(MeshInput)).Where(t => t != typeof(MeshInput.CommandIssued)).ToList();
        Assert.Equal(17, inputs.Count);
        foreach (var input in inputs)
            node.Core.Handle((MeshInput)Make(input), loop.Now, new List<MeshEffect>());
        var commands = CasesOf(typeof(MeshCommand)).ToList();
        Assert.Equal(13, commands.Count);
        foreach (var command in commands)
        {
            var effects = new List<MeshEffect>();
            var issued = new MeshInput.CommandIssued(new CommandId(1), (MeshCommand)Make(command));
            node.Core.Handle(issued, loop.Now, effects);
            Assert.NotEmpty(effects);
        }
    }

    [Fact]
    public void EveryBoundaryTypeIsSealedAndEveryHierarchyIsClosed()
    {
        Type[] roots =
        [
            typeof(MeshInput), typeof(MeshEffect), typeof(StoreQuery), typeof(StoreAnswer), typeof(MeshCommand),
            typeof(CommandResult), typeof(MeshNotice),
        ];
        foreach (var root in roots)
        {
            Assert.All(CasesOf(root), c => Assert.True(c.IsSealed, c.Name));
            Assert.DoesNotContain(root.GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic), c => c.IsFamily
                && c.GetParameters().Length == 0);
        }
    }

    [Fact]
    public void FreshNodeWithoutPeersOnlyArmsItsPoll()
    {
        var loop = new MeshLoop();
        var node = loop.Add("alice.personal", 1);
        Assert.Equal(
            [new NetworkEffect.ArmTimer(new TimerId(1), TimeSpan.FromSeconds(60))], node.Effects);
    }

    [Fact]
    public void StrangersLinkCausesNothing()
    {
        var loop = new MeshLoop();
        var node = loop.Add("alice.personal", 1);
        var effects = new List<MeshEffect>();
        var stranger = new FakeStore("mallory", 9).Node.PublicKey.ToPeerId();
        node.Core.Handle(new NetworkInput.LinkUp(new LinkId(5), stranger, null, false), loop.Now, effects);
        node.Core.Handle(new NetworkInput.LinkDown(new LinkId(5), "gone"), loop.Now, effects);
        Assert.Empty(effects);
    }

    [Fact]
    public void LinkToOurselvesIsDropped()
    {
        var loop = new MeshLoop();
        var node = loop.Add("alice.personal", 1);
        var effects = new List<MeshEffect>();
        node.Core.Handle(new NetworkInput.LinkUp(new LinkId(5), node.Peer, null, true), loop.Now, effects);
        Assert.Equal([new NetworkEffect.DropLink(new LinkId(5), "a link to ourselves")], effects);
    }

    [Fact]
    public void FreshLinkToATrustedPeerAsksWhatItHoldsAndWhatIsNew()
    {
        var (loop, alice, bob) = Pair.Joined();
        loop.Disconnect(alice);
        var effects = new List<MeshEffect>();
        alice.Core.Handle(new NetworkInput.LinkUp(new LinkId(70), bob.Peer, null, false), loop.Now, effects);
        var (open, gossip) = (effects.OfType<NetworkEffect.OpenStream>().First(), effects[^1]);
        Assert.Equal(Protocol.Omega.OmegaProtocols.Catalog, open.Protocol);
        Assert.Equal(
            Protocol.Gossip.GossipProtocol.Version12, Assert.IsType<NetworkEffect.OpenStream>(gossip).Protocol);
        effects.Clear();
        alice.Core.Handle(new NetworkInput.StreamReady(open.Request, new StreamId(71)), loop.Now, effects);
        Assert.Equal(
            [
                Convert.ToHexString(new Protocol.Omega.Catalog.CatalogRequest.Held(alice.Domain).Encode()),
                Convert.ToHexString(new Protocol.Omega.Catalog.CatalogRequest.Dam(bob.Domain, 2).Encode()),
            ],
            effects.Cast<NetworkEffect.SendFrame>().Select(s => Convert.ToHexString(s.Payload.Span)));
    }

    [Fact]
    public void SilentPeerTimesOutAndIsLeftAloneForAWhile()
    {
        var (loop, alice, bob) = Pair.Joined();
        loop.TamperFrame = (sender, frame) => sender == bob ? MeshLoop.Dropped : frame;
        Pair.Publish(loop, alice, [1]);
        loop.Advance(TimeSpan.FromSeconds(21));
        Assert.Contains(PeerFault.Timeout, alice.Faults);
        Assert.Equal(PeerStanding.Demoted, alice.Core.Peers[0].Standing);
        loop.TamperFrame = (_, frame) => frame;
        loop.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(PeerStanding.Good, alice.Core.Peers[0].Standing);
    }

    [Fact]
    public void StaleNumbersAreNoOps()
    {
        var (loop, alice, _) = Pair.Joined();
        var effects = new List<MeshEffect>();
        MeshInput[] stale =
        [
            new NetworkInput.TimerFired(new TimerId(99_999)), new NetworkInput.DialFailed(new DialId(99_999), ""),
            new NetworkInput.FrameArrived(new StreamId(99_999), new byte[3]),
            new NetworkInput.StreamEnded(new StreamId(99_999), true),
            new NetworkInput.StreamFailed(new RequestId(99_999), ""),
            new NetworkInput.BulkFinished(new StreamId(99_999), "?"),
            new NetworkInput.LinkDown(new LinkId(99_999), ""),
            new MeshInput.StoreAnswered(new QueryId(99_999), new StoreAnswer.Done()),
        ];
        foreach (var input in stale)
            alice.Core.Handle(input, loop.Now, effects);
        Assert.Empty(effects);
    }

    [Fact]
    public void SameSeedAndInputsGiveTheSameEffectsInTheSameOrder()
    {
        Assert.Equal(Play(), Play());

        static List<string> Play()
        {
            var (loop, alice, _, _, _, content) = TransferTests.ThreeWithOneArtifact();
            loop.Command<CommandResult.HoldersProven>(alice, new MeshCommand.ProveHolders(
                [new HeldContent(ContentId.Of(content), content.Length)], 2));
            loop.Restart(alice);
            loop.Advance(TimeSpan.FromMinutes(5));
            Assert.True(loop.Trace.Count > 200);
            return loop.Trace;
        }
    }

    [Fact]
    public void IdleMeshMakesNoHeadNoManifestAndNoDocument()
    {
        var (loop, alice, bob) = Pair.Joined();
        Pair.Publish(loop, alice, [1]);
        loop.Advance(TimeSpan.FromMinutes(2));
        var (effectsA, effectsB) = (alice.Effects.Count, bob.Effects.Count);
        loop.Advance(TimeSpan.FromMinutes(30));
        Assert.DoesNotContain(alice.Effects[effectsA..].Concat(bob.Effects[effectsB..]), e =>
            e is MeshEffect.AppendDam or MeshEffect.PutDocument or MeshEffect.Notice or MeshEffect.OpenEpoch);
    }

    [Fact]
    public void LostPeerIsRedialledLessAndLessOften()
    {
        var (loop, alice, bob) = Pair.Joined();
        bob.IsIsolated = true;
        var before = alice.Effects.Count;
        loop.Disconnect(bob);
        loop.Advance(TimeSpan.FromMinutes(10));
        var dials = alice.Effects[before..].Count(e => e is NetworkEffect.Dial);
        Assert.InRange(dials, 8, 20);
        bob.IsIsolated = false;
        loop.Advance(TimeSpan.FromMinutes(2));
        Assert.True(alice.Core.Peers[0].IsConnected);
    }

    [Fact]
    public void LearnedAddressIsTriedAtOnceAndKeptForTrustedPeersOnly()
    {
        var (loop, alice, bob) = Pair.Joined();
        loop.Stop(bob);
        loop.Advance(TimeSpan.FromMinutes(5));
        var before = alice.Effects.Count;
        loop.Give(alice, new NetworkInput.AddressesLearned(bob.Peer, ["/ip4/10.9.9.9/tcp/1"]));
        loop.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains(alice.Effects[before..], e => e is NetworkEffect.Dial { Address: "/ip4/10.9.9.9/tcp/1" });
        Assert.Equal("/ip4/10.9.9.9/tcp/1", alice.Core.Peers[0].Addresses[0]);
        var stranger = new FakeStore("mallory", 9).Node.PublicKey.ToPeerId();
        before = alice.Effects.Count;
        loop.Give(alice, new NetworkInput.AddressesLearned(stranger, ["/ip4/10.9.9.8/tcp/1"]));
        Assert.Equal(before, alice.Effects.Count);
    }

    private static IEnumerable<Type> CasesOf(Type root) =>
        root.Assembly.GetTypes().Where(t => t.IsSubclassOf(root) && !t.IsAbstract).OrderBy(t => t.FullName);

    // One value of a case, from defaults that are legal for their types.
    private static object Make(Type type)
    {
        var constructor = type.GetConstructors().OrderBy(c => c.GetParameters().Length).Last();
        return constructor.Invoke([.. constructor.GetParameters().Select(p => Default(p.ParameterType))]);
    }

    private static object? Default(Type type)
    {
        if (type == typeof(string))
            return "text";
        if (type == typeof(object))
            return "outcome";
        if (type == typeof(PeerId))
            return new FakeStore("someone", 42).Node.PublicKey.ToPeerId();
        if (type == typeof(TimeSpan))
            return TimeSpan.FromMinutes(1);
        if (type == typeof(StoreAnswer))
            return new StoreAnswer.Done();
        if (type == typeof(IReadOnlyList<string>))
            return Array.Empty<string>();
        if (type == typeof(IReadOnlyList<HeldContent>))
            return Array.Empty<HeldContent>();
        if (type == typeof(IReadOnlyList<ArtifactKey>))
            return Array.Empty<ArtifactKey>();
        return type.IsValueType ? Activator.CreateInstance(type) : null;
    }
}
