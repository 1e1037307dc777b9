using System.CommandLine;

namespace Omega.P2P.Node.Commands;

/// <summary>All verbs, in the order the help shows them.</summary>
internal static class Verbs
{
    public static IEnumerable<Command> All(RootCommand root) =>
    [
        HashVerb.Create(),
        PathsVerb.Create(),
        VersionVerb.Create(),
        CompletionVerb.Create(root),
    ];
}
