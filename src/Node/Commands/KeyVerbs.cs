using System.CommandLine;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Time;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega key gen age`.</summary>
internal static class KeyVerbs
{
    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "The new file, mode 0600; an existing one is never replaced",
        HelpName = "FILE",
        Required = true,
    };

    public static Verb Create() => new Verb("key", "Key files: gen").With(
        new Verb("gen", "Make a key file: age").With(
            new Verb("age", "Make an age identity (X25519), as age-keygen does; prints its recipient",
                "omega key gen age -o acme.key",
                "omega tenant add acme --recipient \"$(omega key gen age -o acme.key)\"")
                .With(Output).Does(GenerateAge)));

    private static ExitCode GenerateAge(CommandContext context)
    {
        var path = context.Get(Output)!;
        using var identity = AgeIdentity.Generate(SystemRandom.Instance);
        IdentityFile.Write(path, identity, SystemClock.Now());
        if (!context.Terminal.Json)
        {
            context.Terminal.Line(identity.Recipient.ToString());
            context.Terminal.Notice($"{path} decrypts; keep it off this machine if the node must not read the bytes");
            return ExitCode.Ok;
        }

        context.Terminal.Object(writer =>
        {
            writer.WriteString("recipient", identity.Recipient.ToString());
            writer.WriteString("path", Path.GetFullPath(path));
        });
        return ExitCode.Ok;
    }
}
