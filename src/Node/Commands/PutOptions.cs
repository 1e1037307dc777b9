using System.CommandLine;
using Omega.P2P.Node.Home;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>What every verb that makes artifacts lets one say of them.</summary>
internal static class PutOptions
{
    public static readonly Option<string> Kind = new("--kind")
    {
        Description = "Type tag, such as snapshot.vm",
        HelpName = "TAG",
        DefaultValueFactory = _ => PutOrder.DefaultKind,
    };

    public static readonly Option<string> Brane = new("--brane")
    {
        Description = "Who makes it; its key is made on first use",
        HelpName = "NAME",
        DefaultValueFactory = _ => PutOrder.DefaultBrane,
    };

    public static readonly Option<string[]> Meta = new("--meta")
    {
        Description = "Metadata; repeatable",
        HelpName = "KEY=VALUE",
    };

    public static readonly Option<bool> Publish = new("--publish")
    {
        Description = "Publish to every trusted peer of the mesh",
    };

    public static readonly Option<bool> Public = new("--public")
    {
        Description = "Publish to everyone",
    };

    public static readonly Option<string> Audience = new("--audience")
    {
        Description = "Publish to a named audience (omega audience ls)",
        HelpName = "NAME",
    };

    public static PutOrder Order(CommandContext context) => new(
        context.Get(Kind)!, Names.RequireBrane(context.Get(Brane)!), context.Get(Meta) ?? [], AudienceOf(context));

    private static string? AudienceOf(CommandContext context)
    {
        var named = context.Get(Audience);
        if (named is not null && (context.Get(Public) || context.Get(Publish)))
            throw OmegaException.Usage("--audience names another audience than --publish and --public", "--audience",
                "omega publish widens it later");
        return context.Get(Public) ? PutOrder.PublicAudience : context.Get(Publish) ? PutOrder.PeersAudience : named;
    }
}
