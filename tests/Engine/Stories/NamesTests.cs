using Omega.P2P.Federation;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>Names are proposals; only ids tell domains apart.</summary>
public sealed class NamesTests
{
    [Fact]
    public void TwoDomainsOfOneNameLiveSideBySideAndAreToldApartByTheirIds()
    {
        using var mesh = new Mesh();
        var first = mesh.Add("alice.personal");
        var second = mesh.Add("alice.personal");
        var bob = mesh.Add("bob.personal");
        mesh.Join(first, bob);
        mesh.Join(second, bob);
        var one = first.Publish(TestRandom.Bytes(100, 1))[0];
        var other = second.Publish(TestRandom.Bytes(100, 2), TestRandom.Bytes(100, 3));
        bob.AwaitEntries(first, 1);
        bob.AwaitEntries(second, 2);

        var failed = Assert.IsType<EngineResult.Failed>(bob.Do(new EngineCommand.List("alice.personal", null, null)));
        Assert.Equal(MeshError.Usage, failed.Code);
        Assert.Equal(
            new[] { first.Domain.ToString(), second.Domain.ToString() }.Order(), failed.Candidates!.Order());
        Assert.Equal(one.Key, Assert.Single(bob.List(first.Domain.ToString())).Key);
        Assert.Equal(2, bob.List("dom:" + second.Domain.Hash.ToString()[..12]).Count);
        Assert.Equal(2, bob.List(second.Domain.Hash.ToString()[..12]).Count);
        Assert.Equal(2, bob.Engine.Mesh.FollowedDomains.Count);

        Assert.IsType<EngineResult.Ready>(bob.Get(one.Content));
        Assert.IsType<EngineResult.Ready>(bob.Get(other[0].Content));
        Assert.Equal(first.Domain, Assert.Single(bob.List(null), r => r.Key == one.Key).Domain);
        bob.Mesh<CommandResult.Done>(new MeshCommand.SetPetname(second.Domain, "work"));
        Assert.Equal(2, bob.List("work").Count);
    }
}
