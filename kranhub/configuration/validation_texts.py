"""The messages of pydantic and PyYAML about a file's mistakes, in English and Russian: a sentence per kind of error."""

import re
from collections.abc import Mapping
from typing import Any

from kranhub.configuration.checks import Mistake
from kranhub.text import Text

_RUSSIAN = {
    "no_such_attribute": "нет поля {attribute}",
    "json_invalid": "это не JSON",
    "json_type": "нужен JSON: строка или байты",
    "needs_python_object": "нужен объект Python",
    "recursion_loop": "значение ссылается само на себя",
    "recursion_depth_exceeded": "слишком глубокая вложенность",
    "missing": "поле обязательно, укажите его",
    "frozen_field": "поле нельзя менять",
    "frozen_instance": "объект нельзя менять",
    "extra_forbidden": "такого поля нет, проверьте написание",
    "invalid_key": "имя поля должно быть строкой, возьмите его в кавычки",
    "get_attribute_error": "поле не читается",
    "model_type": "нужны поля со значениями (имя: значение)",
    "model_attributes_type": "нужны поля со значениями (имя: значение)",
    "dataclass_type": "нужны поля со значениями (имя: значение)",
    "dataclass_exact_type": "нужны поля со значениями (имя: значение)",
    "named_tuple_type": "нужен список значений",
    "default_factory_not_called": "значение по умолчанию не вычислено: сначала исправьте другие поля",
    "none_required": "значения быть не должно, оставьте пустым",
    "greater_than": "нужно больше {gt}",
    "greater_than_equal": "нужно не меньше {ge}",
    "less_than": "нужно меньше {lt}",
    "less_than_equal": "нужно не больше {le}",
    "multiple_of": "нужно кратное {multiple_of}",
    "finite_number": "нужно конечное число",
    "too_short": "элементов должно быть не меньше {min_length}, здесь {actual_length}",
    "too_long": "элементов должно быть не больше {max_length}, здесь {actual_length}",
    "iterable_type": "нужен список",
    "iteration_error": "список не читается",
    "string_type": "нужна строка; число или дату возьмите в кавычки",
    "string_unicode": "нужна строка в UTF-8",
    "string_too_short": "нужно не меньше символов, чем {min_length}",
    "string_too_long": "нужно не больше символов, чем {max_length}",
    "string_pattern_mismatch": "строка должна соответствовать образцу {pattern}",
    "string_not_ascii": "допустимы только символы ASCII",
    "enum": "нужно одно из значений: {expected}",
    "dict_type": "нужны пары «имя: значение»",
    "frozen_dict_type": "нужны пары «имя: значение»",
    "ordered_dict_type": "нужны пары «имя: значение»",
    "counter_type": "нужны пары «имя: количество»",
    "mapping_type": "нужны пары «имя: значение»",
    "list_type": "нужен список (строки, начинающиеся с «- »)",
    "deque_type": "нужен список (строки, начинающиеся с «- »)",
    "tuple_type": "нужен список (строки, начинающиеся с «- »)",
    "set_type": "нужен список без повторов",
    "set_item_not_hashable": "элементом списка не может быть список или набор полей",
    "bool_type": "нужно true или false",
    "bool_parsing": "нужно true или false",
    "int_type": "нужно целое число",
    "int_parsing": "нужно целое число",
    "int_parsing_size": "число слишком велико",
    "int_from_float": "нужно целое число, без дробной части",
    "float_type": "нужно число",
    "float_parsing": "нужно число",
    "bytes_type": "нужны байты",
    "bytes_too_short": "нужно не меньше байт, чем {min_length}",
    "bytes_too_long": "нужно не больше байт, чем {max_length}",
    "bytes_invalid_encoding": "байты не в кодировке {encoding}",
    "value_error": "недопустимое значение",
    "assertion_error": "недопустимое значение",
    "literal_error": "нужно одно из значений: {expected}",
    "missing_sentinel_error": "значения быть не должно",
    "ellipsis_error": "нужно многоточие (...)",
    "date_type": "нужна дата вида 2026-03-31",
    "date_parsing": "нужна дата вида 2026-03-31",
    "date_from_datetime_parsing": "нужна дата вида 2026-03-31",
    "date_from_datetime_inexact": "нужна дата без времени",
    "date_past": "дата должна быть в прошлом",
    "date_future": "дата должна быть в будущем",
    "time_type": "нужно время вида 08:30",
    "time_parsing": "нужно время вида 08:30",
    "datetime_type": "нужны дата и время вида 2026-03-31T08:30:00+06:00",
    "datetime_parsing": "нужны дата и время вида 2026-03-31T08:30:00+06:00",
    "datetime_object_invalid": "нужны дата и время вида 2026-03-31T08:30:00+06:00",
    "datetime_from_date_parsing": "нужны дата и время вида 2026-03-31T08:30:00+06:00",
    "datetime_past": "время должно быть в прошлом",
    "datetime_future": "время должно быть в будущем",
    "timezone_naive": "часовой пояс указывать нельзя",
    "timezone_aware": "укажите часовой пояс, например +06:00",
    "timezone_offset": "нужен часовой пояс со смещением {tz_expected} с, а здесь {tz_actual} с",
    "time_delta_type": "нужна длительность, например PT1H30M или 01:30:00",
    "time_delta_parsing": "нужна длительность, например PT1H30M или 01:30:00",
    "frozen_set_type": "нужен список без повторов",
    "is_instance_of": "нужен объект {class}",
    "is_subclass_of": "нужен подкласс {class}",
    "callable_type": "нужна функция",
    "union_tag_invalid": "{discriminator} имеет значение «{tag}», нужно одно из: {expected_tags}",
    "union_tag_not_found": "нет поля {discriminator}, по которому различаются варианты",
    "arguments_type": "нужен список или пары «имя: значение»",
    "missing_argument": "аргумент обязателен",
    "unexpected_keyword_argument": "такого аргумента нет",
    "missing_keyword_only_argument": "именованный аргумент обязателен",
    "unexpected_positional_argument": "лишний аргумент",
    "missing_positional_only_argument": "позиционный аргумент обязателен",
    "multiple_argument_values": "аргумент задан несколько раз",
    "url_type": "нужен адрес (URL)",
    "url_parsing": "это не адрес (URL)",
    "url_syntax_violation": "в адресе (URL) ошибка",
    "url_too_long": "адрес (URL) длиннее {max_length} символов",
    "url_scheme": "адрес (URL) должен начинаться с одного из: {expected_schemes}",
    "uuid_type": "нужен UUID",
    "uuid_parsing": "нужен UUID вида 123e4567-e89b-12d3-a456-426614174000",
    "uuid_version": "нужен UUID версии {expected_version}",
    "decimal_type": "нужно десятичное число",
    "decimal_parsing": "нужно десятичное число, с точкой",
    "decimal_max_digits": "цифр должно быть не больше {max_digits}",
    "decimal_max_places": "цифр после точки должно быть не больше {decimal_places}",
    "decimal_whole_digits": "цифр до точки должно быть не больше {whole_digits}",
    "fraction_type": "нужна дробь, например 3/4",
    "fraction_parsing": "нужна дробь, например 3/4",
    "complex_type": "нужно комплексное число",
    "complex_str_parsing": "нужно комплексное число",
}
FALLBACK = "значение не подходит, проверьте его по документации"

_YAML = {
    "mapping values are not allowed": "двоеточие не на месте; текст с двоеточием возьмите в кавычки",
    "could not find expected ':'": "после имени нет двоеточия",
    "expected <block end>": "лишний отступ или незакрытый список",
    "found unexpected end of stream": "кавычка не закрыта до конца файла",
    "found character": "символ, с которого значение начинаться не может; возьмите значение в кавычки",
    "found undefined alias": "ссылка (*имя) на то, чего в файле нет",
    "found duplicate anchor": "метка (&имя) стоит дважды",
    "expected a single document": "в файле несколько документов (---), нужен один",
    "could not determine a constructor": "неизвестный тип после «!»",
    "found unhashable key": "именем поля не может быть список или набор полей",
    "did not find expected": "не хватает запятой или закрывающей скобки",
    "expected ',' or": "не хватает запятой или закрывающей скобки",
    "expected the node content": "нет значения",
    "expected alphabetic": "лишний символ «*» или «&»; возьмите значение в кавычки",
    "is out of range": "такой даты или числа нет",
    "unknown escape character": "неизвестный знак после «\\»; путь Windows возьмите в одинарные кавычки",
    "found unexpected ':'": "двоеточие не на месте; возьмите текст в кавычки",
    "block sequence entries are not allowed": "список («- ») здесь не на месте, проверьте отступ",
}


def text(error: Mapping[str, Any]) -> Text:
    """Return the message of one entry of ``ValidationError.errors()``, in both languages."""
    context: Mapping[str, Any] = error.get("ctx") or {}
    if isinstance(cause := context.get("error"), Mistake):
        return cause.text
    if isinstance(russian := context.get("ru"), str):
        return Text(en=error["msg"], ru=russian)
    return Text(en=error["msg"].removeprefix("Value error, "), ru=russian_of(error["type"], context))


def russian_of(kind: str, context: Mapping[str, Any]) -> str:
    """Return the Russian sentence for one of pydantic's kinds of errors; a general sentence for an unknown kind."""
    template = _RUSSIAN.get(kind, FALLBACK)
    return re.sub(r"\{(\w+)\}", lambda found: str(context.get(found[1], "?")), template).replace("' or '", "' или '")


def yaml_problem(problem: str) -> str:
    """Return PyYAML's problem in Russian; a general phrase for an unknown one."""
    return next((russian for english, russian in _YAML.items() if english in problem), "строка не разбирается")
