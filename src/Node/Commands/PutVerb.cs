using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Home;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega put FILE|-`.</summary>
internal static class PutVerb
{
    private static readonly Argument<string> File = new("FILE") { Description = "A file, or - for stdin" };

    private static readonly Option<string> Kind = new("--kind")
    {
        Description = "Type tag, such as snapshot.vm",
        HelpName = "TAG",
        DefaultValueFactory = _ => PutOrder.DefaultKind,
    };

    private static readonly Option<string> Brane = new("--brane")
    {
        Description = "Who makes it; its key is made on first use",
        HelpName = "NAME",
        DefaultValueFactory = _ => PutOrder.DefaultBrane,
    };

    private static readonly Option<string[]> Meta = new("--meta")
    {
        Description = "Metadata; repeatable",
        HelpName = "KEY=VALUE",
    };

    private static readonly Option<bool> Publish = new("--publish")
    {
        Description = "Publish to every trusted peer of the mesh",
    };

    private static readonly Option<bool> Public = new("--public")
    {
        Description = "Publish to everyone",
    };

    private static readonly Option<string> Tenant = new("--tenant")
    {
        Description = "Encrypt for a tenant before the node sees it; encrypted bytes never deduplicate, and size, " +
            "kind and metadata stay readable",
        HelpName = "NAME",
    };

    private static readonly Option<string> Audience = new("--audience")
    {
        Description = "Publish to a named audience (omega audience ls)",
        HelpName = "NAME",
    };

    public static Verb Create() =>
        new Verb("put", "Take in an artifact",
            "omega put snap.bin --kind snapshot.vm --brane replay --publish",
            "tar c src | omega put - --kind archive.tar --meta project=omega",
            "omega put plan.pdf --tenant acme")
        .With(File, Kind, Brane, Meta, Publish, Public, Audience, Tenant)
        .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        var audience = AudienceOf(context);
        var brane = Names.RequireBrane(context.Get(Brane)!);
        var order = new PutOrder(context.Get(Kind)!, brane, context.Get(Meta) ?? [], audience)
        {
            Tenant = context.Get(Tenant),
        };
        using var input = Open(context.Get(File));
        using var service = Services.Open(context);
        using var counted = new CountingStream(input, bytes =>
            context.Terminal.Progress($"taking in {Figures.Bytes(bytes)}"), context.Cancel);
        using var age = order.Tenant is { } tenant ? Encryptor(service, tenant, context.Cancel) : null;
        using Stream content = age is null ? counted : new EncryptingStream(counted, age);
        Show(context.Terminal, order, service.Put(order, content, context.Cancel));
        return ExitCode.Ok;
    }

    /// <summary>To the tenant's recipients, in this process: the node never sees the plaintext.</summary>
    private static AgeEncryptor Encryptor(INodeService service, string name, CancellationToken cancel)
    {
        var tenant = service.Tenants(cancel).FirstOrDefault(known => known.Tenant == name) ??
            throw OmegaException.NotFound($"there is no tenant {name}", "omega tenant add NAME --recipient age1…");
        var recipients = tenant.Recipients.Select(text => AgeRecipient.TryParse(text, out var recipient)
            ? recipient
            : throw new OmegaException(ExitCode.Refused, "unknown_recipient",
                $"{text} is no X25519 recipient of age: this program cannot encrypt to it"));
        return new AgeEncryptor([.. recipients], SystemRandom.Instance);
    }

    private static string? AudienceOf(CommandContext context)
    {
        var named = context.Get(Audience);
        if (named is not null && (context.Get(Public) || context.Get(Publish)))
            throw OmegaException.Usage("--audience names another audience than --publish and --public", "--audience",
                "omega publish widens it later");
        return context.Get(Public) ? PutOrder.PublicAudience : context.Get(Publish) ? PutOrder.PeersAudience : named;
    }

    private static Stream Open(string path)
    {
        if (path == "-") return Console.OpenStandardInput();
        if (Directory.Exists(path))
            throw OmegaException.Usage($"{path} is a folder", "FILE", "put its files one by one");
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0,
                FileOptions.SequentialScan);
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new OmegaException(ExitCode.NotFound, "no_such_file", $"there is no file {path}") { Field = "FILE" };
        }
    }

    private static void Show(Terminal terminal, PutOrder order, PutAnswer answer)
    {
        terminal.Object(answer.Write);
        if (terminal.Json) return;
        terminal.Line(answer.Cid);
        var known = answer.AlreadyThere ? "was here already" : "stored";
        terminal.Check($"{known} {Figures.Bytes(answer.Size)} ({order.Kind}, brane.{order.Brane})");
        if (order.Tenant is { } tenant) terminal.Check($"encrypted for {tenant}, in this process");
        if (order.Audience is { } audience)
            terminal.Check(audience == PutOrder.PublicAudience ? "published to everyone" : $"published to {audience}");
        if (answer.UnixFs is { } root) terminal.Check($"for IPFS software: {root}");
    }
}
