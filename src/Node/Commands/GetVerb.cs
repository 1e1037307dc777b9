using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

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

    public static Verb Create() =>
        new Verb("get", "Bring an artifact here, verified, and write it to a file",
            "omega get b3:9af2 -o snap.bin",
            "omega get bafkr4i… -o - | tar x",
            "omega get b3:9af2")
        .With(Id, Output, Force, Domain)
        .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        var path = context.Get(Output);
        using var output = path is null ? null : OutputFile.Create(path, context.Get(Force));
        using var service = Services.Open(context);
        using var target = new HashingTarget(output?.Stream ?? Stream.Null, context);
        var answer = service.Get(new GetOrder(context.Get(Id), context.Get(Domain)), target.Begin, context.Cancel);
        context.Terminal.ClearProgress();
        if (output is not null)
        {
            target.Require(answer);
            output.Commit();
        }

        Show(context.Terminal, answer, path, output is { IsStandardOutput: true });
        return ExitCode.Ok;
    }

    private static void Show(Terminal terminal, GetAnswer answer, string? path, bool bytesOnStdout)
    {
        Action<string> check = bytesOnStdout ? text => terminal.Notice($"✓ {text}") : terminal.Check;
        if (terminal.Json)
        {
            if (!bytesOnStdout) terminal.Object(answer.Write);
            return;
        }

        foreach (var signature in answer.Signatures) check($"verified {signature.Short} ({signature.Role})");
        if (path is null) check($"all {Figures.Bytes(answer.Bytes)} are here");
        else if (!bytesOnStdout) check($"wrote {Figures.Bytes(answer.Bytes)} → {path}");
    }

    /// <summary>
    /// The last check before a file gets its name: the bytes written hash to the id that was asked for.
    /// </summary>
    private sealed class HashingTarget(Stream inner, CommandContext context) : IDisposable
    {
        private readonly Blake3Hasher _hasher = Blake3Hasher.Create();
        private CountingStream? _counted;

        public Stream Begin(GetAnswer answer)
        {
            var total = Figures.Bytes(answer.Bytes);
            _counted = new CountingStream(new TeeStream(inner, _hasher),
                bytes => context.Terminal.Progress($"writing {Figures.Bytes(bytes)} of {total}"), context.Cancel);
            return _counted;
        }

        public void Require(GetAnswer answer)
        {
            var got = ContentId.From(_hasher.Finish());
            if (got.ToString() == answer.Cid && _counted?.Bytes == answer.Bytes) return;
            throw new OmegaException(ExitCode.VerificationFailed, "wrong_bytes",
                $"the bytes that arrived are {got}, not {answer.Cid}; nothing was written");
        }

        public void Dispose()
        {
            _hasher.Dispose();
            _counted?.Dispose();
        }
    }
}
