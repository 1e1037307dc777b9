using System.CommandLine;
using System.Text;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Packages;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega put FILE|-`.</summary>
internal static class PutVerb
{
    private static readonly Argument<string> File = new("FILE")
    {
        Description = "A file, - for stdin, or with --recursive a folder",
    };

    private static readonly Option<string> Tenant = new("--tenant")
    {
        Description = "Encrypt for a tenant before the node sees it; encrypted bytes never deduplicate, and size, " +
            "kind and metadata stay readable",
        HelpName = "NAME",
    };

    private static readonly Option<string> MetaJson = new("--meta-json")
    {
        Description = "Metadata: a JSON object from a file, or - for stdin; --meta adds to it",
        HelpName = "FILE",
    };

    private static readonly Option<string> Digest = new("--digest")
    {
        Description = "Store another digest beside BLAKE3, by which get finds it: sha256",
        HelpName = "ALGORITHM",
    };

    private static readonly Option<bool> Recursive = new("--recursive", "-r")
    {
        Description = "Put a folder as one package: names, modes, symbolic links; unchanged files are not read again",
    };

    public static Verb Create() =>
        new Verb("put", "Take in an artifact",
            "omega put snap.bin --kind snapshot.vm --brane replay --publish",
            "tar c src | omega put - --kind archive.tar --meta project=omega",
            "omega put --recursive src --publish",
            "omega put plan.pdf --tenant acme")
        .With(File, PutOptions.Kind, PutOptions.Brane, PutOptions.Meta, MetaJson, Digest, PutOptions.Publish,
            PutOptions.Public, PutOptions.Audience, Recursive, Tenant)
        .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        var order = PutOptions.Order(context) with
        {
            Tenant = context.Get(Tenant),
            MetaJson = context.Get(MetaJson) is { } path ? SmallText(path, "--meta-json") : null,
            Digest = context.Get(Digest),
        };
        if (context.Get(Recursive)) return PutFolder(context, order);
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

    private static ExitCode PutFolder(CommandContext context, PutOrder order)
    {
        var folder = context.Get(File);
        if (!Directory.Exists(folder))
            throw new OmegaException(ExitCode.NotFound, "no_such_file", $"there is no folder {folder}")
            {
                Field = "FILE",
            };
        if (order.Digest is not null)
            throw OmegaException.Usage("a package has no digest of its own", "--digest", "put its files one by one");
        if (context.Has(PutOptions.Kind) && order.Kind != PackageManifest.TypeTag)
            throw OmegaException.Usage($"a folder is of kind {PackageManifest.TypeTag}", "--kind");
        using var service = Services.Open(context);
        var views = Path.Combine(context.Home.Root, "views");
        var answer = new PackageWriter(service, views, context.Terminal).Put(order, folder, context.Cancel);
        context.Terminal.ClearProgress();
        Show(context.Terminal, order with { Kind = PackageManifest.TypeTag }, answer);
        return ExitCode.Ok;
    }

    /// <summary>A text file of at most 64 KiB, or stdin.</summary>
    internal static string SmallText(string path, string field)
    {
        const int LengthMax = 64 * 1024; // far above what a descriptor holds, and the bound of a schema
        using var input = Open(path);
        var bytes = new byte[LengthMax + 1];
        var length = input.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > LengthMax) throw OmegaException.Usage($"{path} is over {LengthMax} bytes", field);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static Stream Open(string path)
    {
        if (path == "-") return Console.OpenStandardInput();
        if (Directory.Exists(path))
            throw OmegaException.Usage($"{path} is a folder", "FILE", "--recursive puts it as a package");
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
        var size = answer.Files is { } files
            ? $"{Figures.Count(files, "file")}, {Figures.Bytes(answer.ContentBytes ?? 0)}"
            : Figures.Bytes(answer.Size);
        terminal.Check($"{known} {size} ({order.Kind}, brane.{order.Brane})");
        if (answer.Unchanged is > 0) terminal.Check($"{Figures.Count(answer.Unchanged.Value, "file")} had not changed");
        if (answer.Sha256 is { } sha256) terminal.Check($"also known as {sha256}");
        if (order.Tenant is { } tenant) terminal.Check($"encrypted for {tenant}, in this process");
        if (order.Audience is { } audience)
            terminal.Check(audience == PutOrder.PublicAudience ? "published to everyone" : $"published to {audience}");
        if (answer.UnixFs is { } root) terminal.Check($"for IPFS software: {root}");
    }
}
