using System.Diagnostics.CodeAnalysis;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NodeReaper.Agent.Yaml;

/// <summary>
/// Builds trees from YamlDotNet's events, a document at a time. YamlDotNet's own trees would do, but they stop at the
/// first duplicate key, where all errors are wanted, and they nest as deep as the file says, which lets a file of
/// brackets overflow the stack of a privileged agent.
/// </summary>
internal sealed class YamlTreeReader
{
    /// <summary>How deep lists and mappings may nest.</summary>
    internal const int MaxDepth = 64;

    /// <summary>How many values a document may have that are not skipped; an alias counts as all that it stands for.</summary>
    internal const int MaxValues = 50_000;

    /// <summary>How long a value or a key may be that is not skipped, in characters.</summary>
    internal const int MaxLength = 4096;

    /// <summary>So many duplicate keys are noted.</summary>
    internal const int MaxErrors = 100;

    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly YamlShape _shape;
    private readonly List<YamlError> _errors = [];
    private readonly List<string> _path = [];
    private readonly Dictionary<string, string> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<AnchorName, (YamlValue Value, int Size)> _anchors = [];
    private int _values;
    private bool _isAtEnd;

    /// <summary>Starts at the beginning of a file.</summary>
    /// <param name="text">The file.</param>
    /// <param name="shape">What is read of each document.</param>
    internal YamlTreeReader(TextReader text, YamlShape shape)
    {
        _scanner = new Scanner(text);
        _parser = new Parser(_scanner);
        _shape = shape;
    }

    /// <summary>What was wrong so far. After an error of syntax or size, nothing more is read; a duplicate key is only noted.</summary>
    internal IReadOnlyList<YamlError> Errors => _errors;

    /// <summary>Reads the next document.</summary>
    /// <param name="root">What is in it.</param>
    /// <returns>False when there is none, or it is broken: see <see cref="Errors"/>.</returns>
    internal bool TryRead([NotNullWhen(true)] out YamlValue? root)
    {
        root = null;
        if (_isAtEnd)
        {
            return false;
        }

        try
        {
            while (_parser.MoveNext())
            {
                if (_parser.Current is DocumentStart)
                {
                    _values = 0;
                    _anchors.Clear();
                    _path.Clear();
                    Next();
                    var value = Read(_shape, 0);

                    // Only the end tells that the document is whole.
                    Next();
                    root = value;
                    return true;
                }
            }
        }
        catch (YamlException error)
        {
            NoteSyntax(error);
        }
        catch (ArgumentException)
        {
            // YamlDotNet's, for an escape such as \UFFFFFFFF.
            Note(_parser.Current?.End ?? Mark.Empty, "", "what follows here is not YAML");
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet's, for some keys that open a bracket in the middle and span lines.
            Note(_parser.Current?.End ?? Mark.Empty, "", "what follows here is not YAML");
        }

        _isAtEnd = true;
        return false;
    }

    private YamlValue Read(YamlShape shape, int depth)
    {
        Count(1);
        var before = _values;
        var start = Current;
        CheckTag(start);
        YamlValue value = start switch
        {
            Scalar scalar => new YamlScalar(Short(scalar), scalar.Style == ScalarStyle.Plain && (scalar.Tag.IsEmpty || IsForeign(scalar.Tag)), PositionOf(scalar.Start)),
            SequenceStart => ReadList(shape, depth + 1, start.Start),
            MappingStart => ReadMapping(shape, depth + 1, start.Start),
            AnchorAlias alias => Resolve(alias),
            _ => throw new YamlException(start.Start, start.End, "a value was expected here"),
        };
        if (start is NodeEvent { Anchor.IsEmpty: false } node)
        {
            _anchors[node.Anchor] = (value, _values - before + 1);
        }

        return value;
    }

    private YamlList ReadList(YamlShape shape, int depth, Mark start)
    {
        CheckDepth(depth);
        var items = new List<YamlValue>();
        while (Next() is not SequenceEnd)
        {
            items.Add(Read(shape, depth));
        }

        return new YamlList(items, PositionOf(start));
    }

    private YamlMapping ReadMapping(YamlShape shape, int depth, Mark start)
    {
        CheckDepth(depth);
        var entries = new List<YamlEntry>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (Next() is not MappingEnd)
        {
            if (Current is not Scalar key)
            {
                throw new YamlException(Current.Start, Current.End, "a key must be a plain name");
            }

            if (key is { Value: "<<", Style: ScalarStyle.Plain })
            {
                throw new YamlException(key.Start, key.End, "merge keys (<<) are not read; write the keys out");
            }

            _path.Add(key.Value);
            Next();
            if (shape.Of(key.Value) is not { } below)
            {
                Skip(depth);
            }
            else if (seen.Add(Short(key)))
            {
                entries.Add(new YamlEntry(Pooled(key.Value), PositionOf(key.Start), Read(below, depth)));
            }
            else
            {
                CheckErrors();
                Note(key.Start, ShownText.Of(string.Join('.', _path)), "is in the file twice; remove one");
                Skip(depth);
            }

            _path.RemoveAt(_path.Count - 1);
        }

        return new YamlMapping(entries, PositionOf(start));
    }

    private void Skip(int depth)
    {
        if (Current is NodeEvent { Anchor.IsEmpty: false })
        {
            // Something that is not skipped may refer to it.
            _ = Read(YamlShape.Everything, depth);
        }
        else if (Current is SequenceStart or MappingStart)
        {
            CheckDepth(depth + 1);
            while (Next() is not (SequenceEnd or MappingEnd))
            {
                Skip(depth + 1);
            }
        }
    }

    // An anchor is known once its value is whole, so that no tree can hold itself.
    private YamlValue Resolve(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value, out var anchored))
        {
            throw new YamlException(alias.Start, alias.End, $"*{ShownText.Of(alias.Value.Value)} refers to nothing above it; if it is text, put it in quotes");
        }

        Count(anchored.Size);
        return anchored.Value;
    }

    private void Count(int values)
    {
        _values += values;
        if (_values > MaxValues)
        {
            throw new YamlException(Current.Start, Current.End, $"a document may have {MaxValues} values at most; split it");
        }
    }

    private void CheckDepth(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new YamlException(Current.Start, Current.End, $"lists and mappings may nest {MaxDepth} deep at most");
        }
    }

    // A tag of YAML's own says what is seen anyway; any other would have to mean something.
    private static bool IsForeign(TagName tag) =>
        !tag.IsEmpty && !tag.IsNonSpecific && !tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal);

    private void CheckTag(ParsingEvent value)
    {
        if (value is NodeEvent { Tag: var tag } && IsForeign(tag))
        {
            CheckErrors();
            Note(value.Start, ShownText.Of(string.Join('.', _path)), $"has the tag {ShownText.Of(tag.Value)}, which means nothing here; remove it");
        }
    }

    private void CheckErrors()
    {
        if (_errors.Count >= MaxErrors)
        {
            throw new YamlException(Current.Start, Current.End, "there are more errors like these; fix them first");
        }
    }

    private static string Short(Scalar scalar) =>
        scalar.Value.Length <= MaxLength
            ? scalar.Value
            : throw new YamlException(scalar.Start, scalar.End, $"a value may be {MaxLength} characters long at most");

    private ParsingEvent Current => _parser.Current!;

    private ParsingEvent Next() =>
        _parser.MoveNext() ? Current : throw new YamlException("the file ends in the middle of a document");

    // YamlDotNet says what it was doing; the commonest mistakes have a fix.
    private void NoteSyntax(YamlException error)
    {
        if (error.Message.Contains(" tab ", StringComparison.Ordinal))
        {
            Note(_scanner.CurrentPosition, "", "a tab cannot indent; indent with spaces");
        }
        else if (error.Message.Contains("cannot start any token", StringComparison.Ordinal) || error.Message.Contains("anchor or alias", StringComparison.Ordinal))
        {
            Note(error.Start, "", "this character means something in YAML; put what begins with it in quotes");
        }
        else
        {
            Note(error.Start, "", error.Message);
        }
    }

    private void Note(in Mark at, string key, string message) =>
        _errors.Add(new YamlError(PositionOf(at), key, message.TrimEnd('.')));

    // The same few keys come again and again.
    private string Pooled(string key)
    {
        if (_keys.TryGetValue(key, out var known))
        {
            return known;
        }

        _keys[key] = key;
        return key;
    }

    private static YamlPosition PositionOf(in Mark mark) => new((int)mark.Line, (int)mark.Column);
}
