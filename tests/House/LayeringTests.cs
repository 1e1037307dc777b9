using System.Reflection;
using System.Xml.Linq;

namespace Omega.P2P.House.Tests;

/// <summary>Design section 3: references point down only, and Engine has exactly two drivers.</summary>
public sealed class LayeringTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Omega.P2P.Primitives"] = [],
        ["Omega.P2P.Storage"] = ["Omega.P2P.Primitives"],
        ["Omega.P2P.Protocol"] = ["Omega.P2P.Primitives"],
        ["Omega.P2P.Federation"] = ["Omega.P2P.Protocol", "Omega.P2P.Primitives"],
        ["Omega.P2P.Engine"] =
            ["Omega.P2P.Federation", "Omega.P2P.Storage", "Omega.P2P.Protocol", "Omega.P2P.Primitives"],
        ["omega"] =
        [
            "Omega.P2P.Engine", "Omega.P2P.Federation", "Omega.P2P.Storage", "Omega.P2P.Protocol",
            "Omega.P2P.Primitives",
        ],
        ["omega-sim"] =
        [
            "Omega.P2P.Engine", "Omega.P2P.Federation", "Omega.P2P.Storage", "Omega.P2P.Protocol",
            "Omega.P2P.Primitives",
        ],
    };

    public static TheoryData<string> Rooms => new(Allowed.Keys);

    [Theory]
    [MemberData(nameof(Rooms))]
    public void RoomReferencesOnlyRoomsBelowIt(string room)
    {
        var assembly = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, room + ".dll"));
        var ours = assembly.GetReferencedAssemblies().Select(a => a.Name!)
            .Where(name => name.StartsWith("Omega.P2P", StringComparison.Ordinal) || name is "omega" or "omega-sim");
        Assert.Empty(ours.Except(Allowed[room]));
    }

    [Theory]
    [InlineData("Omega.P2P.Primitives")]
    [InlineData("Omega.P2P.Storage")]
    [InlineData("Omega.P2P.Protocol")]
    [InlineData("Omega.P2P.Federation")]
    [InlineData("Omega.P2P.Engine")]
    public void PureRoomReferencesNoSocketsAndNoWebFramework(string room)
    {
        string[] banned = ["System.Net.Sockets", "System.Net.Http", "System.Net.Quic", "Microsoft.AspNetCore"];
        var assembly = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, room + ".dll"));
        var referenced = assembly.GetReferencedAssemblies().Select(a => a.Name!);
        Assert.DoesNotContain(referenced, name => banned.Any(b => name.StartsWith(b, StringComparison.Ordinal)));
    }

    [Fact]
    public void OnlyNodeAndSimulationsDriveTheEngine()
    {
        var users = Repository.Files(".csproj")
            .Where(path => !path.StartsWith("tests/", StringComparison.Ordinal))
            .Where(path => !path.StartsWith("benchmarks/", StringComparison.Ordinal))
            .Where(path => ProjectReferences(path).Contains("Omega.P2P.Engine"));
        Assert.Equal(["simulations/Omega.P2P.Simulations.csproj", "src/Node/Omega.P2P.Node.csproj"], users);
    }

    [Fact]
    public void ProjectFilesNameOnlyTheRoomDirectlyBelow()
    {
        Assert.Empty(ProjectReferences("src/Primitives/Omega.P2P.Primitives.csproj"));
        Assert.Equal(["Omega.P2P.Primitives"], ProjectReferences("src/Storage/Omega.P2P.Storage.csproj"));
        Assert.Equal(["Omega.P2P.Primitives"], ProjectReferences("src/Protocol/Omega.P2P.Protocol.csproj"));
        Assert.Equal(["Omega.P2P.Protocol"], ProjectReferences("src/Federation/Omega.P2P.Federation.csproj"));
        Assert.Equal(
            ["Omega.P2P.Federation", "Omega.P2P.Storage"],
            ProjectReferences("src/Engine/Omega.P2P.Engine.csproj"));
        Assert.Equal(["Omega.P2P.Engine"], ProjectReferences("src/Node/Omega.P2P.Node.csproj"));
    }

    [Theory]
    [InlineData("src/Primitives/Omega.P2P.Primitives.csproj")]
    [InlineData("src/Storage/Omega.P2P.Storage.csproj")]
    [InlineData("src/Protocol/Omega.P2P.Protocol.csproj")]
    [InlineData("src/Federation/Omega.P2P.Federation.csproj")]
    [InlineData("src/Engine/Omega.P2P.Engine.csproj")]
    public void PureRoomCarriesTheBannedApiRules(string project)
    {
        var document = XDocument.Load(Path.Combine(Repository.Root, project));
        Assert.Equal("true", document.Descendants("OmegaPure").Single().Value);
    }

    private static string[] ProjectReferences(string project) =>
        XDocument.Load(Path.Combine(Repository.Root, project)).Descendants("ProjectReference")
            .Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value.Replace('\\', '/')))
            .Order(StringComparer.Ordinal).ToArray();
}
