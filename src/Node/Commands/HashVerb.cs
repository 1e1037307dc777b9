using System.CommandLine;
using System.Diagnostics;
using Omega.P2P.Node.Hashing;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega hash FILE…|-`: BLAKE3, printed as b3sum prints it.</summary>
internal static class HashVerb
{
    private const int ThreadsMax = 256;

    private static readonly Argument<string[]> Files = new("FILE")
    {
        Description = "Files, or - for stdin",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<int?> Threads = new("--threads")
    {
        Description = "Threads to hash with (default: all processors)",
        HelpName = "N",
    };

    private static readonly Option<bool> NoMap = new("--no-mmap")
    {
        Description = "Read files instead of mapping them",
    };

    public static Verb Create() =>
        new Verb("hash", "Print the BLAKE3 hash of files",
            "omega hash snap.bin",
            "cat snap.bin | omega hash -",
            "omega hash --json --threads 1 *.bin")
        .With(Files, Threads, NoMap)
        .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        var threads = context.Get(Threads) ?? Environment.ProcessorCount;
        if (threads is < 1 or > ThreadsMax)
            throw OmegaException.Usage($"--threads takes a number from 1 to {ThreadsMax}", "--threads");
        var scheduler = ThreadPoolScheduler.Of(threads);
        OmegaException? failure = null;
        FileHasher.WarmUp();
        foreach (var file in context.Get(Files))
        {
            try
            {
                One(context, file, scheduler);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failure ??= Unreadable(file, e);
                context.Terminal.Notice(Unreadable(file, e).Message);
            }
        }

        return failure is null ? ExitCode.Ok : throw failure;
    }

    private static void One(CommandContext context, string file, IParallelScheduler scheduler)
    {
        var clock = Stopwatch.StartNew();
        Hash256 hash;
        long bytes;
        if (file == "-")
        {
            using var input = Console.OpenStandardInput();
            (hash, bytes) = FileHasher.Hash(input, scheduler, context.Cancel);
        }
        else
        {
            if (Directory.Exists(file)) throw new IOException("it is a folder");
            (hash, bytes) = FileHasher.Hash(file, scheduler, !context.Get(NoMap), context.Cancel);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        if (!context.Terminal.Json)
        {
            context.Terminal.Line(Escaped(hash, file));
            return;
        }

        context.Terminal.Object(w =>
        {
            w.WriteString("hash", hash.ToString());
            w.WriteString("path", file);
            w.WriteNumber("bytes", bytes);
            w.WriteNumber("seconds", Math.Round(seconds, 6));
            w.WriteNumber("threads", scheduler.Degree);
            w.WriteString("kernel", Blake3.KernelName);
        });
    }

    /// <summary>
    /// As b3sum: a name with a backslash or a line end is escaped, and a backslash before the hash says so.
    /// </summary>
    private static string Escaped(Hash256 hash, string file)
    {
        if (file.AsSpan().IndexOfAny('\\', '\n') < 0) return $"{hash}  {file}";
        var name = file.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return $"\\{hash}  {name}";
    }

    private static OmegaException Unreadable(string file, Exception e)
    {
        var missing = e is FileNotFoundException or DirectoryNotFoundException;
        return new(missing ? ExitCode.NotFound : ExitCode.Error, missing ? "no_such_file" : "unreadable",
            missing ? $"there is no file {file}" : $"cannot read {file}: {e.Message}")
        {
            Field = "FILE",
        };
    }
}
