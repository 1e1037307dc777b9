namespace Omega.P2P.Federation.Tests.Support;

/// <summary>The usual beginning of a story: alice and bob.</summary>
internal static class Pair
{
    public static (MeshLoop Loop, LoopNode Alice, LoopNode Bob) Apart(FederationLimits? limits = null)
    {
        var loop = new MeshLoop();
        var alice = loop.Add("alice.personal", 1, limits: limits);
        var bob = loop.Add("bob.personal", 2, limits: limits);
        foreach (var node in new[] { alice, bob })
            node.Store.TakeSnapshot();
        return (loop, alice, bob);
    }

    public static (MeshLoop Loop, LoopNode Alice, LoopNode Bob) Joined(FederationLimits? limits = null)
    {
        var (loop, alice, bob) = Apart(limits);
        Join(loop, alice, bob);
        return (loop, alice, bob);
    }

    public static string Invite(MeshLoop loop, LoopNode issuer, TimeSpan? lifetime = null) =>
        loop.Command<CommandResult.Invited>(
            issuer, new MeshCommand.Invite(lifetime ?? TimeSpan.FromHours(1), null)).Ticket;

    public static void Join(MeshLoop loop, LoopNode issuer, LoopNode guest) =>
        loop.Command<CommandResult.Joined>(guest, new MeshCommand.Join(Invite(loop, issuer), null));

    /// <summary>Content of some length that is not all alike.</summary>
    public static byte[] Content(int length, int seed = 1) =>
        [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7 + i / 256 * 13 + seed))];

    /// <summary>Puts, publishes, heads and announces.</summary>
    public static Primitives.Ids.ArtifactKey Publish(
        MeshLoop loop, LoopNode node, byte[] content, string audience = "peers")
    {
        var key = node.Store.Put(content, audience);
        Snapshot(loop, node);
        return key;
    }

    public static void Snapshot(MeshLoop loop, LoopNode node)
    {
        node.Store.TakeSnapshot();
        loop.Give(node, new MeshInput.OwnHeadChanged());
    }
}
