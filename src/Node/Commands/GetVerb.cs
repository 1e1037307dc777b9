using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega get ID [-o FILE|-]`, and its seed spelling `omega storage get`.</summary>
internal static class GetVerb
{
    private static readonly Argument<string> Id = new("ID")
    {
        Description = "b3:…, a CID, key:…, or a unique prefix of 4 hex digits and more",
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "File to write, or - for stdout (default: only make the bytes available here)",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Force = new("--force") { Description = "Replace a file that is there" };

    private static readonly Option<string> Domain = new("--domain")
    {
        Description = "Look in this domain only (name or id)",
        HelpName = "NAME",
    };

    private static readonly Option<long?> AsOf = new("--as-of")
    {
        Description = "As this snapshot lists it, also if it was removed since and its bytes are here yet",
        HelpName = "N",
    };

    private static readonly Option<string[]> Identity = new("--identity", "-i")
    {
        Description = "Decrypt with the age identities of this file (mode 0600), here and not in the node; repeatable",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Raw = new("--raw") { Description = "The encrypted bytes as they are" };

    private static readonly Option<string> PathInside = new("--path")
    {
        Description = "Of a package, one file",
        HelpName = "PATH",
    };

    private static readonly Option<bool> OutsideLinks = new("--outside-links")
    {
        Description = "Of a package, restore also symbolic links that may lead outside its folder",
    };

    public static Verb Create() =>
        new Verb("get", "Bring an artifact here, verified, and write it to a file",
            "omega get b3:9af2 -o snap.bin",
            "omega get bafkr4i… -o - | tar x",
            "omega get b3:9af2 -o plan.pdf --identity acme.key",
            "omega get b3:9af2 -o - --raw | age -d -i acme.key",
            "omega get b3:77aa -o src              # a package: its whole tree",
            "omega get b3:77aa --path a/b.txt -o -",
            "omega get b3:9af2")
        .With(Id, Output, Force, Domain, AsOf, Identity, Raw, PathInside, OutsideLinks)
        .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        var path = context.Get(Output);
        using var identities = Identities.Read(context.Get(Identity) ?? [], context.Get(Raw), path);
        using var output = path is null ? null : OutputFile.Create(path, context.Get(Force));
        using var decrypting = identities.IsEmpty || output is null ? null : identities.Decrypt(output.Stream);
        using var service = Services.Open(context);
        var inside = context.Get(PathInside);
        using var target = new HashingTarget(decrypting ?? output?.Stream ?? Stream.Null, context)
        {
            // Bytes that look like nothing, written as if they were the file, help nobody.
            RefusesCiphertext = output is not null && decrypting is null && !context.Get(Raw),
            LeavesPackage = !context.Get(Raw),
        };
        var order = new GetOrder(context.Get(Id), context.Get(Domain))
        {
            AsOf = context.Get(AsOf),
            // On stdout bytes are gone once written; a file has its name when the whole is right.
            IsHashedByTaker = output is { IsStandardOutput: false },
        };
        var answer = service.Get(order, output is null ? _ => Stream.Null : target.Begin, context.Cancel);
        context.Terminal.ClearProgress();
        if (inside is not null || (target.IsPackage && path is not null))
        {
            var package = new PackageGet(context, service, answer);
            if (inside is not null) package.WriteFile(inside, output);
            else package.Restore(path!, context.Get(OutsideLinks), output!);
            return ExitCode.Ok;
        }

        if (output is not null)
        {
            Require(target, service, order, answer, context.Cancel);
            decrypting?.Finish();
            output.Commit();
        }

        Show(context.Terminal, answer, path, output is { IsStandardOutput: true }, decrypting?.Bytes);
        return ExitCode.Ok;
    }

    /// <summary>Wrong bytes of our own store are read again, to be told which of them are damaged.</summary>
    private static void Require(
        HashingTarget target, INodeService service, GetOrder order, GetAnswer answer, CancellationToken cancel)
    {
        if (target.Has(answer)) return;
        using var nowhere = new CountingStream(Stream.Null, _ => { }, cancel);
        if (order.IsHashedByTaker) service.Get(order with { IsHashedByTaker = false }, _ => nowhere, cancel);
        throw new OmegaException(ExitCode.VerificationFailed, "wrong_bytes",
            $"the bytes that arrived are not {answer.Cid}; nothing was written");
    }

    private static void Show(Terminal terminal, GetAnswer answer, string? path, bool bytesOnStdout,
        long? decrypted)
    {
        Action<string> check = bytesOnStdout ? text => terminal.Notice($"✓ {text}") : terminal.Check;
        if (terminal.Json)
        {
            if (!bytesOnStdout) terminal.Object(answer.Write);
            return;
        }

        foreach (var signature in answer.Signatures) check($"verified {signature.Short} ({signature.Role})");
        if (path is null) check($"all {Figures.Bytes(answer.Bytes)} are here");
        if (decrypted is not null) check("decrypted, in this process");
        if (path is not null && !bytesOnStdout) check($"wrote {Figures.Bytes(decrypted ?? answer.Bytes)} → {path}");
    }

    /// <summary>The identities of the files named, wiped at the end.</summary>
    private sealed class Identities : IDisposable
    {
        private readonly List<AgeIdentity> _identities = [];

        public bool IsEmpty => _identities.Count == 0;

        public static Identities Read(string[] paths, bool raw, string? output)
        {
            if (paths.Length > 0 && raw)
                throw OmegaException.Usage("--identity decrypts and --raw does not: choose one", "--raw");
            if (paths.Length > 0 && output is null)
                throw OmegaException.Usage("--identity needs somewhere to write", "--output", "-o FILE, or -o -");
            var read = new Identities();
            try
            {
                foreach (var path in paths) read._identities.AddRange(IdentityFile.Read(path));
                return read;
            }
            catch
            {
                read.Dispose();
                throw;
            }
        }

        public DecryptingStream Decrypt(Stream target) => new(target, _identities);

        public void Dispose() => _identities.ForEach(identity => identity.Dispose());
    }

    /// <summary>
    /// The last check before a file gets its name: the bytes written hash to the id that was asked for.
    /// </summary>
    private sealed class HashingTarget(Stream inner, CommandContext context) : IDisposable
    {
        private readonly Blake3Hasher _hasher = Blake3Hasher.Create();
        private CountingStream? _counted;

        public bool RefusesCiphertext { get; init; }

        /// <summary>Whether a package's manifest is left to whoever restores its tree.</summary>
        public bool LeavesPackage { get; init; }

        public bool IsPackage { get; private set; }

        public Stream Begin(GetAnswer answer)
        {
            IsPackage = LeavesPackage && answer.Kind == PackageManifest.TypeTag;
            if (IsPackage) return Stream.Null;
            if (RefusesCiphertext && answer.Tenant is { } tenant)
                throw OmegaException.Usage($"{answer.Cid} is encrypted for tenant {tenant}", "--identity",
                    "--identity FILE decrypts it, --raw gives the encrypted bytes");
            var total = Figures.Bytes(answer.Bytes);
            _counted = new CountingStream(new TeeStream(inner, _hasher),
                bytes => context.Terminal.Progress($"writing {Figures.Bytes(bytes)} of {total}"), context.Cancel);
            return _counted;
        }

        public bool Has(GetAnswer answer) =>
            ContentId.From(_hasher.Finish()).ToString() == answer.Cid && _counted?.Bytes == answer.Bytes;

        public void Dispose()
        {
            _hasher.Dispose();
            _counted?.Dispose();
        }
    }
}
