using System.CommandLine;

namespace Omega.P2P.Node.Commands;

/// <summary>All verbs, in the order the help shows them.</summary>
internal static class Verbs
{
    public static IEnumerable<Command> All(RootCommand root) =>
    [
        UpVerb.Create(),
        InitVerb.Create(),
        PutVerb.Create(),
        GetVerb.Create(),
        ListVerb.Create(),
        CarVerbs.Create(),
        IpfsVerbs.Create(),
        PublishVerbs.CreatePublish(),
        PublishVerbs.CreateUnpublish(),
        AudienceVerbs.Create(),
        EvictVerb.Create(),
        RemoveVerb.Create(),
        KeepVerbs.CreatePin(),
        KeepVerbs.CreateHold(),
        RetentionVerbs.Create(),
        CollectVerbs.Create(),
        CollectVerbs.CreateRepack(),
        SnapshotVerbs.Create(),
        LogVerbs.Create(),
        HealthVerbs.CreateWhere(),
        HealthVerbs.CreateWhy(),
        HealthVerbs.CreateScrub(),
        HealthVerbs.CreateReindex(),
        VerifyVerb.Create(),
        StatusVerb.Create(),
        PeerVerbs.Create(),
        TransferVerbs.Create(),
        DomainVerbs.Create(),
        TenantVerbs.Create(),
        SchemaVerbs.Create(),
        KeyVerbs.Create(),
        ListVerb.CreateStorage(),
        DemoVerb.Create(),
        HashVerb.Create(),
        PathsVerb.Create(),
        VersionVerb.Create(),
        CompletionVerb.Create(root),
    ];
}
